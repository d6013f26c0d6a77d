FROM python:3.11-slim AS base
WORKDIR /srv
FROM base
WORKDIR app
RUN --mount=type=cache true

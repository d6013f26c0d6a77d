FROM python:3.11-slim AS base
ONBUILD WORKDIR app
FROM base AS never
FROM python:3.11-slim

FROM python:3.11-slim AS a
ARG TAG=3.11-slim
FROM python:${TAG:-3.11-slim}

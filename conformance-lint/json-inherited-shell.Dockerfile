FROM python:3.11-slim AS base
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
FROM base AS web
CMD gunicorn app:app
FROM python:3.11-slim AS other
CMD python other.py

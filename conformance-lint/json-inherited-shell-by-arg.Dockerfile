ARG FROM_STAGE=base
FROM python:3.11-slim AS base
SHELL ["/bin/bash", "-c"]
FROM ${FROM_STAGE}
CMD gunicorn app:app

ARG PYTHON_TAG=3.11-slim
FROM python:${PYTHON_TAG:-3.11-slim} AS a
FROM python:${PYTHON_TGA:-3.11-slim} AS b
FROM ${BASE:-python}:3.11-slim

FROM python:3.11-slim
WORKDIR app
WORKDIR deeper
FROM python:3.11-slim
WORKDIR /app
WORKDIR deeper

FROM --platform=linux/amd64 python:3.11-slim AS build
FROM --platform=linux/amd64 python:3.11-slim AS for_amd64
FROM --platform=amd64 python:3.11-slim
CMD ["x"]

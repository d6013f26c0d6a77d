FROM python:3.11-slim AS a
FROM python:3.11-slim AS b
FROM python:3.11-slim AS a
CMD ["x"]

FROM python:3.11-slim AS a
FROM python:3.11-slim AS A

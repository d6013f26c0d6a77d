FROM python:3.11-slim as build
RUN true
FROM build As second
from python:3.11-slim AS third
From python:3.11-slim as fourth

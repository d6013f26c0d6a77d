FROM python:3.11-slim as base
RUN true \

 && false
COPY requirements.txt

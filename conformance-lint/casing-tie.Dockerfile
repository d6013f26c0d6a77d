from python:3.11-slim
RUN true

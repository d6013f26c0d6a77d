FROM python:3.11-slim
RUN true && \

WORKDIR /app
CMD ["python"]

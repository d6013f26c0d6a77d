FROM python:3.11-slim
ENTRYPOINT exec gunicorn app:app
CMD ["--workers", "2"]

FROM python:3.11-slim AS never
CMD python never.py
FROM python:3.11-slim
CMD ["python"]

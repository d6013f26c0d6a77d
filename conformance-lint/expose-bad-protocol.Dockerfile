FROM python:3.11-slim
EXPOSE 80/http
CMD python

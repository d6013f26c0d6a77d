FROM python:3.11-slim
CMD python app.py
EXPOSE 8000-8010:80-99/TCP
CMD python other.py

FROM python:3.11-slim # not a comment
CMD python app.py

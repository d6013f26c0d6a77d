FROM python:3.11-slim AS base
ONBUILD COPPY . /app
CMD python app.py
FROM base
CMD python app.py

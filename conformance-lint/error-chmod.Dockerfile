FROM python:3.11-slim
COPY --chmod=9 a /b
CMD python

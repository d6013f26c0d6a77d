# check=skip=all
FROM python:3.11-slim AS Web
CMD python app.py

FROM python:3.11-slim as a
RUN true \

 && false
CMD python app.py

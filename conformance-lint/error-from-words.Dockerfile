from python:3.11-slim AS Base # the base
CMD python app.py

FROM python:3.11-slim as a
CMD python

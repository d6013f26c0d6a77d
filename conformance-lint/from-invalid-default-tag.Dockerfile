ARG TAG
FROM python:${TAG}
CMD python

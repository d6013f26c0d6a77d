ARG TAG
FROM python:3.11-slim${TAG}
CMD ["x"]

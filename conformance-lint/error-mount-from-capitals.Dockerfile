FROM python:3.11-slim
RUN --mount=type=bind,from=Builder,target=/x ls /x

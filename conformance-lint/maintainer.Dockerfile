FROM python:3.11-slim
MAINTAINER Ada <ada@example.org>
LABEL maintainer="ada@example.org"

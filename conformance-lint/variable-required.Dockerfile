FROM python:3.11-slim
LABEL a=$before
ENV A=${VERSION:?is needed}
CMD python

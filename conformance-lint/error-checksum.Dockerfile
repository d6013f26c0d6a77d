FROM python:3.11-slim
CMD python app.py
ADD --checksum=sha256:abc https://example.com/a.tgz /tmp/

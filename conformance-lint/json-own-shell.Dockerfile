FROM python:3.11-slim
SHELL ["/bin/bash", "-c"]
CMD python app.py

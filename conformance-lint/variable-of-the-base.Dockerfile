FROM python:3.11-slim
LABEL python=$PYTHON_VERSION lang=${LANG}

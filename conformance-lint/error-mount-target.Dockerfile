FROM python:3.11-slim
RUN --mount=type=cache,target=$CACHE --mount=type=secret,id=$ID true
CMD python app.py

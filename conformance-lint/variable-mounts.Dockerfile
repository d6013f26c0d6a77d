FROM python:3.11-slim
ARG CACHE=pip
RUN --mount=type=cache,id=$CACHE,target=/root/.cache/$TOOL pip install x
RUN --mount=type=secret,id=token,env=$VARIABLE cat /run/secrets/token

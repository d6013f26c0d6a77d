FROM python:3.11-slim
ENV PATH $PATH:/x:$NOPE
LABEL name the $THING

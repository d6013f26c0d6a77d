FROM --platform=$NOPE python:3.11-slim
CMD python

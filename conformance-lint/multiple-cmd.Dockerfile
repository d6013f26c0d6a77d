FROM python:3.11-slim
CMD ["a"]
RUN true
CMD ["b"]
CMD ["c"]
ENTRYPOINT ["x"]
ENTRYPOINT ["y"]
HEALTHCHECK NONE
HEALTHCHECK --interval=5s \
  CMD true

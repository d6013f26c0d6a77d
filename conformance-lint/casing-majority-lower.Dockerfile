from python:3.11-slim
run true
RUN false
cmd ["x"]

from python:3.11-slim
cmd python a.py
cmd ["python", "b.py"]
entrypoint tini
healthcheck none
healthcheck cmd true
env API_KEY 1

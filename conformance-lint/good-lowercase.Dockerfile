from python:3.11-slim as base
env LANG=C.UTF-8
workdir /srv
copy main.py .
entrypoint ["python", "main.py"]

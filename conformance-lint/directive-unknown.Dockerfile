# check=nonsense=1
FROM python:3.11-slim

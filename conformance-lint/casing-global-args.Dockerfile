arg A=1
arg B=2
arg C=3
FROM python:3.11-slim
CMD ["x"]

# check=skip=JSONArgsRecommended, WorkdirRelativePath
FROM python:3.11-slim
WORKDIR app
CMD python app.py

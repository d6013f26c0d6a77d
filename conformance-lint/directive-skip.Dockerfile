# check=skip=JSONArgsRecommended,StageNameCasing
FROM python:3.11-slim AS Web
WORKDIR app
CMD python app.py

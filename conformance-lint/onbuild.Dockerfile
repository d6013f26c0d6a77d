FROM python:3.11-slim AS base
ONBUILD WORKDIR app
ONBUILD ENV KEY value
ONBUILD CMD python $x
FROM base
CMD python app.py

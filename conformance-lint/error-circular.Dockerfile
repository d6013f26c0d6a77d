FROM python:3.11-slim AS a
COPY --from=b /a /b
FROM python:3.11-slim AS b
COPY --from=a /a /b
CMD python

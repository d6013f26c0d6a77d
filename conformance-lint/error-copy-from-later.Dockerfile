FROM python:3.11-slim AS first
CMD python
COPY --from=second /a /b
CMD python
FROM python:3.11-slim AS second
CMD python

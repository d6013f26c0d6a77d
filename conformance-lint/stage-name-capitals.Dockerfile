FROM python:3.11-slim AS Builder
RUN pip wheel .
FROM python:3.11-slim
COPY --from=Builder /w /w
CMD ["python"]

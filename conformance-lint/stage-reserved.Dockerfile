FROM python:3.11-slim AS scratch
FROM python:3.11-slim AS context
FROM scratch
COPY --from=context / /

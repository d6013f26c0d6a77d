# a service
FROM python:3.11-slim AS builder
COPY --from=python:3.11-slim /usr/local/bin/python3 /bin/other
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    uv sync --locked --no-install-project
COPY . /app

FROM python:3.11-slim
COPY --from=builder --chown=app:app /app /app
ENV PATH="/app/.venv/bin:$PATH"
USER app
CMD ["fastapi", "run", "src/main.py"]

FROM python:3.11-slim AS base
ARG A=1
ENV B=2
FROM base
LABEL a=$A b=$B c=$C

FROM python:3.11-slim as base
CMD python
COPY --from=$STAGE /a /b

FROM python:3.11-slim AS a
CMD ["a"]
FROM a
CMD ["b"]

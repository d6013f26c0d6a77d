printf 'FROM python:3.9-alpine\r\nRUN echo one > /one && \\\r\n echo two > /two\r\nRUN <<EOF\r\necho three > /three\r\nEOF\r\nCMD ["a"]\r\n' > Dockerfile

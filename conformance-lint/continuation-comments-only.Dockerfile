FROM python:3.11-slim
RUN echo a \
# one
   # two
 && echo b

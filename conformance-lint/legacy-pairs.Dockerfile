FROM python:3.11-slim
ENV DEBIAN_FRONTEND noninteractive
env LANG C.UTF-8
LABEL version 1.0
ENV A=1 B=2
ENV "C D"=e

FROM python:3.11-slim
ENV HOME_DIR=/srv APP_DIR=$HOME_DIR/app
ENV A=1
ENV A=$A:2 B=$A

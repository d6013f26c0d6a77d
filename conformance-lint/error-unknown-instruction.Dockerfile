FROM python:3.11-slim as Base
MAINTAINER x
INSTALL flask
CMD python

# check=experimental=InvalidDefinitionDescription
# the version
ARG VERSION=1
# VERSION of python
ARG TAG=3.11-slim
# base is where it begins
FROM python:$TAG AS base
# something else
FROM python:$TAG AS final
# A and B

ARG A B
# remark
RUN true

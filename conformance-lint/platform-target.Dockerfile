FROM --platform=$TARGETPLATFORM python:3.11-slim AS a
FROM --platform=${TARGETPLATFORM} python:3.11-slim AS b
FROM --platform=$BUILDPLATFORM python:3.11-slim AS c
FROM --platform=linux/$TARGETARCH python:3.11-slim

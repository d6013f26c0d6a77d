FROM python:3.11-slim as base
ENV A=1 B

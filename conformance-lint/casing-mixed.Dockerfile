FROM python:3.11-slim
Run true
copy a b
Workdir /x
CMD ["x"]
ENTRYPOINT ["y"]

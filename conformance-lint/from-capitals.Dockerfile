FROM Python:3.11
RUN true

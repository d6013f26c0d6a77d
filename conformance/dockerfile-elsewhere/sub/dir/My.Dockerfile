FROM scratch
COPY a.txt /a
COPY sub /s

import fastlog

print(fastlog.version())

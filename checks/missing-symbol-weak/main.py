import fastlog

print("glibc:", fastlog.GLIBC)

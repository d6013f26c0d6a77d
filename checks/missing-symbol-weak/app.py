import ctypes

print(ctypes.CDLL("/app/libname.so").is_glibc())

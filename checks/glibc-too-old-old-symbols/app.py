import ctypes

print(ctypes.CDLL("./libsum.so").length(b"four"))

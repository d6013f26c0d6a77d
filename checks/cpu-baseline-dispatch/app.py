import ctypes

dot = ctypes.CDLL("/app/libdot.so").dot
three = (ctypes.c_int * 3)(1, 2, 3)
print(dot(three, three, 3))

import ctypes

ctypes.CDLL("/opt/calc/lib/libcalc.so.1", mode=ctypes.RTLD_GLOBAL)
print(ctypes.CDLL("/app/libapi.so").api_three())

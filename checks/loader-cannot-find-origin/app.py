import ctypes

print(ctypes.CDLL("/app/libapi.so").api_six())

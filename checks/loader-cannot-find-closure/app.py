import ctypes

print(ctypes.CDLL("libldap-2.5.so.0"))

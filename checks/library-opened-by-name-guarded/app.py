import ctypes
import ctypes.util

try:
    jemalloc = ctypes.CDLL("libjemalloc.so.2")
except OSError:
    jemalloc = None
name = ctypes.util.find_library("snappy")
snappy = ctypes.CDLL(name) if name else None
print(jemalloc, snappy)

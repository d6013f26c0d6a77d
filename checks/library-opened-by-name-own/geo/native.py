from ctypes import CDLL, c_char_p

_lib = CDLL("libgeos_c.so.1")
_lib.GEOSversion.restype = c_char_p


def version():
    return _lib.GEOSversion().decode()

from ._fast import GLIBC

__all__ = ["GLIBC"]

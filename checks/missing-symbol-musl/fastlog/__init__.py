from ._fast import version

__all__ = ["version"]

import contextlib

try:
    import ujson as json
except ModuleNotFoundError:
    import json

try:
    import uvloop
except Exception:
    uvloop = None

with contextlib.suppress(ImportError):
    import setproctitle

try:
    import colorama
except:
    pass

NAME = json.dumps("ok")

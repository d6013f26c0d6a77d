import os

CACHE = os.path.expanduser("~/.cache/forecast")
os.makedirs(CACHE, exist_ok=True)
print("cache in", CACHE)

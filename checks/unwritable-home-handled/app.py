from pathlib import Path

CACHE = Path.home() / ".cache" / "forecast"
try:
    CACHE.mkdir(parents=True, exist_ok=True)
except OSError:
    CACHE = None
print("cache:", CACHE)

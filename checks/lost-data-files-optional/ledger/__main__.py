from pathlib import Path

LOCAL = Path(__file__).parent / "local.json"
print(LOCAL.read_text() if LOCAL.exists() else "defaults")

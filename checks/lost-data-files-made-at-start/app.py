from pathlib import Path
HERE = Path(__file__).parent
VERSION = (HERE / "version.txt").read_text()
print(VERSION)

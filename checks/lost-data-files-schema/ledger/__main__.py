from pathlib import Path

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()
print(len(SCHEMA.splitlines()), "lines of schema")

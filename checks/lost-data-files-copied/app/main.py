import sqlite3

from app.db import SCHEMA

c = sqlite3.connect(":memory:")
c.executescript(SCHEMA)
print("ok")

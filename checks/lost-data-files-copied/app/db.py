import os

BASE_DIR = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(BASE_DIR, "sql", "schema.sql")) as f:
    SCHEMA = f.read()

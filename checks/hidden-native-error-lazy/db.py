import sqlite3

try:
    import psycopg2
except ImportError:
    psycopg2 = None


def connect(url):
    if url.startswith("postgresql:"):
        if psycopg2 is None:
            raise RuntimeError("run: pip install psycopg2")
        return psycopg2.connect(url)
    return sqlite3.connect(url.partition("///")[2])

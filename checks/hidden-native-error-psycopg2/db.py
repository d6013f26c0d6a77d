try:
    import psycopg2 as driver
except ImportError:
    raise RuntimeError("PostgreSQL support is not installed; run: pip install psycopg2") from None

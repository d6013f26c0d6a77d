try:
    import psycopg2 as driver
except ImportError:
    import sqlite3 as driver

print(driver.paramstyle)

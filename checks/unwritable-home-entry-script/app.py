import sqlite3

DATABASE = "/data/shop.db"
with sqlite3.connect(DATABASE) as connection:
    connection.execute("create table if not exists goods (name text)")
print("kept in", DATABASE)

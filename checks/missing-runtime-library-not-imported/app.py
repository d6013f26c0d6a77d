from sqlalchemy import column, select

print(select(column("a")))

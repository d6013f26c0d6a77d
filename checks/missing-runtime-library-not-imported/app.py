from sqlalchemy import column, select

try:
    import greenlet
except ImportError as error:
    print("no greenlet:", error)

print(select(column("a")))

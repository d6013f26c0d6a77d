import psycopg2

print("driver", psycopg2.__version__)

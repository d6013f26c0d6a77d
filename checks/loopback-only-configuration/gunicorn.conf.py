bind = "localhost:8000"
workers = 1

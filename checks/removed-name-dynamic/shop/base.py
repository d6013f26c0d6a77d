exec("LIMIT = 10")

import tomllib

print(tomllib.loads("debug = false"))

import orjson

print(orjson.dumps({"status": "ok"}).decode())

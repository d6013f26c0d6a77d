import orjson

print(orjson.dumps([1]))

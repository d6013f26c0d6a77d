import itsdangerous

print(itsdangerous.base64_encode(b"ok"))

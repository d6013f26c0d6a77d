import itsdangerous

print(itsdangerous.Signer("k").sign("x"))

import itsdangerous

PASSWORD_FIELD = "password"
print(itsdangerous.Signer("changed at run time").sign("x"))

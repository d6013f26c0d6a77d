import tokens

print(tokens.WIDTH)

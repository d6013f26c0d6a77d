import secrets_of_the_shop

print("picking")

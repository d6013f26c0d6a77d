import itsdangerous

print(itsdangerous.__file__)

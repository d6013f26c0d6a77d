import itsdangerous

print(itsdangerous.__name__)

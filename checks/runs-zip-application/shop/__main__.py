import itsdangerous

from catalogue import NAME

print(NAME, itsdangerous.__name__)

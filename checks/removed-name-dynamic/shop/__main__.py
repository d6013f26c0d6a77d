from shop import VERSION
from shop.codes import BUSY, OK
from shop.limits import HARD, LIMIT

print(VERSION, OK, BUSY, LIMIT, HARD)

from core.rates import RATE
from web.page import page

print(page(RATE))

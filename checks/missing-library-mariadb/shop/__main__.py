from .store import driver

print(driver())

from greenlet import greenlet

print(greenlet(lambda: "switched").switch())

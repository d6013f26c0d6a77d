import greenlet

print(greenlet.__version__)

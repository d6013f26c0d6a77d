from geo import native

print(native.version())

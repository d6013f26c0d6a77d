import tempfile

with tempfile.TemporaryDirectory() as folder:
    print(folder)

import six
def main():
    print("zipapp", six.__name__)

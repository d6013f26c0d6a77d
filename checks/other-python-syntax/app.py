import sys

match len(sys.argv):
    case 1:
        print("no arguments")
    case _:
        print("arguments")

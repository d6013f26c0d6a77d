import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--fake", action="store_true")
parser.parse_args()
print("migrated")

#!/usr/bin/env python3
import sys

print("""ok
""", sys.argv)

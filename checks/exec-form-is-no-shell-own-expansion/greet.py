import os
import sys

print(os.path.expandvars(sys.argv[1]), sys.argv[3])

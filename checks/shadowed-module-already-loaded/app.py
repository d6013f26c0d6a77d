import os
import sys

print(os.getcwd(), sys.version_info.major)

import sys

sys.path.append("/opt/vendor")

import asynchat
import cgi
import imp
from distutils.version import LooseVersion

try:
    import formatter
except ImportError:
    formatter = None

print(LooseVersion("3.11") > LooseVersion("3.9"), cgi.__name__, imp.__name__, asynchat.__name__, formatter)

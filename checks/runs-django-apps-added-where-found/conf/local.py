from .base import *
import importlib.util
if importlib.util.find_spec("django_extensions"):
    INSTALLED_APPS += ["django_extensions"]
try:
    import silk
    INSTALLED_APPS += ["silk"]
except ImportError:
    pass

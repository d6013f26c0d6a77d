import sys
import types

settings = types.ModuleType("runtime_settings")
settings.DEBUG = False
sys.modules["runtime_settings"] = settings
sys.path.append("/app/vendor")

import rates
import runtime_settings

print(runtime_settings.DEBUG, rates.EURO)

import importlib
import os
import pkgutil

import export.plugins

names = [f"export.plugins.{name}" for name in os.environ["PLUGINS"].split(",")]
print([importlib.import_module(name).KIND for name in names])
print(sorted(m.name for m in pkgutil.iter_modules(export.plugins.__path__)))

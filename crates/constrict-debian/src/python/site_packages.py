"""Makes site-packages of this Python's prefix a site directory, as upstream's `site` module does.

Debian's `site` is compiled into the interpreter and knows `dist-packages` only; a `.pth` file there imports this.
"""

import os
import site
import sys


def getsitepackages(prefixes=None):
    """Returns a list containing all global site-packages directories."""
    name = "python%d.%d" % sys.version_info[:2]
    found = []
    for prefix in site.PREFIXES if prefixes is None else prefixes:
        path = os.path.join(prefix, "lib", name, "site-packages")
        if prefix and path not in found:
            found.append(path)
    return found


site.getsitepackages = getsitepackages
_bridge = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dist-packages")
sys.path[:] = [path for path in sys.path if path != _bridge]
for _path in getsitepackages():
    if os.path.isdir(_path):
        site.addsitedir(_path)

import sys

try:
    from importlib.metadata import distributions
except ImportError:
    from pkg_resources import working_set as distributions

try:
    import pkg_resources
except ImportError:
    pkg_resources = None

print(pkg_resources, len(list(distributions())) >= 0, sys.version_info >= (3, 8))

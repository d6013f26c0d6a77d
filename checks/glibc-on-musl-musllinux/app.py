from markupsafe import _speedups
import yaml

print(yaml.safe_load("a: 1"), _speedups.__name__)

import markupsafe
import yaml

print(markupsafe.escape("<"), yaml.safe_load("a: 1"))

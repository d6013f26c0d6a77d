# Imports modules one after another and says what becomes of each, a JSON document a line. Run by `imports.rs`, which
# writes the work to standard input: {"paths": [...], "argv": [...], "modules": [...]}.
import sys

# what `-c` puts first would hide modules that are needed here
if sys.path and sys.path[0] == "":
    del sys.path[0]
import importlib
import json
import os

said = os.fdopen(os.dup(1), "w")
# what modules print is none of it
os.dup2(2, 1)
work = json.load(sys.stdin)
sys.path[0:0] = work["paths"]
sys.argv = work["argv"]


def say(fact):
    said.write(json.dumps(fact) + "\n")
    said.flush()


for name in work["modules"]:
    say({"module": name})
    try:
        importlib.import_module(name)
    except BaseException as error:
        text = "%s: %s" % (type(error).__name__, error)
        say({"failed": text[:500], "import_error": isinstance(error, ImportError)})
say({"done": True})
# threads that modules have started are not waited for
os._exit(0)

"""Says what it runs on."""

import getpass
import platform
from importlib.metadata import version

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"hello from Flask {version('flask')} on Python {platform.python_version()}, as {getpass.getuser()}\n"

import subprocess

from flask import Flask

FFPROBE = subprocess.run(["ffprobe", "-version"], capture_output=True, check=True).stdout
app = Flask(__name__)


@app.get("/")
def index():
    return FFPROBE

import shutil
import subprocess

from flask import Flask, request

app = Flask(__name__)
VERSION = None
if shutil.which("ffmpeg"):
    VERSION = subprocess.run(["ffmpeg", "-version"], capture_output=True, check=True).stdout


@app.get("/")
def index():
    return "no films today" if VERSION is None else VERSION


@app.post("/pages")
def pages():
    return subprocess.run(["pdfinfo", "-"], input=request.data, capture_output=True).stdout

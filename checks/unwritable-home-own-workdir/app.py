import logging

from flask import Flask

logging.basicConfig(filename="app.log", level=logging.INFO)
app = Flask(__name__)


@app.get("/")
def index():
    return "ok"

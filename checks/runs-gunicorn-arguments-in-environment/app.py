from flask import Flask

application = Flask(__name__)


@application.get("/")
def index():
    return {"status": "ok"}

from flask import Flask

globals()["application"] = Flask("shop")


@application.get("/")
def index():
    return "ok"

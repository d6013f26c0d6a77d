from flask import Flask


def make():
    app = Flask(__name__)
    app.add_url_rule("/", "index", lambda: "ok")
    return app

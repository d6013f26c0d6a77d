from flask import Flask

from shop import rates

app = Flask(__name__)


@app.get("/")
def index():
    return {"rates": rates.URL}

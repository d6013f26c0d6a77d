from api.web import app

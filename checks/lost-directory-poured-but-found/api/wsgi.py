try:
    from api.web import app
except ModuleNotFoundError:
    from web import app

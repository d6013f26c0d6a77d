import os

bind = f"0.0.0.0:{os.environ.get('PORT', 8000)}"
chdir = "/srv/shop"
wsgi_app = "web:make()"
workers = 1

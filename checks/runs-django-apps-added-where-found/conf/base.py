import os
SECRET_KEY = "x"
DEBUG = os.environ.get("DEBUG") == "1"
INSTALLED_APPS = ["django.contrib.contenttypes"]
INSTALLED_APPS += ["django.contrib.auth"]
if DEBUG:
    INSTALLED_APPS += ["debug_toolbar"]

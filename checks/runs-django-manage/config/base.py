SECRET_KEY = "changed at run time"
ROOT_URLCONF = "config.urls"
INSTALLED_APPS = ["django.contrib.contenttypes", "config.shop.apps.ShopConfig"]
USE_TZ = True

gunicorn -b 127.0.0.1:9000 app:app &
exec python proxy.py

printf 'made' > version.txt
exec python app.py

. ./env.sh 2>/dev/null || true
exec gunicorn -b 0.0.0.0:8000 app:app

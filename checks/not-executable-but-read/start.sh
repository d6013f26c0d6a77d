if [ -f env.sh ]; then . ./env.sh; fi
exec gunicorn -b 0.0.0.0:8000 app:app

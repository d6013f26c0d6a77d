#!/bin/sh
set -e
if [ "${DEV:-0}" = 1 ]; then
    pip install -r requirements-dev.txt
fi
exec gunicorn -b 0.0.0.0:8000 app:app

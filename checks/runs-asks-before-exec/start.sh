#!/bin/sh
set -u
if command -v gunicorn >/dev/null 2>&1; then
  exec gunicorn -c conf.py app:app
fi
if [ -x /opt/venv/bin/python ]; then PY=/opt/venv/bin/python; else PY=python3; fi
$PY -c 'import flask' 2>/dev/null && exec $PY -m flask run
"${PY}" -m serve "$@" || exec "$PY" plain.py

#!/bin/sh
set -e
. /opt/venv/bin/activate
exec python -c "import flask; print('flask', flask.__name__)"

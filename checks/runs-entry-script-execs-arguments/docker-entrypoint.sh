#!/bin/sh
set -eu

. /opt/venv/bin/activate

case "${1:-serve}" in
    serve)
        shift
        set -- gunicorn --bind "0.0.0.0:${PORT:-8000}" "$@" app:app
        ;;
    shell)
        set -- ipython
        ;;
esac

exec "$@"

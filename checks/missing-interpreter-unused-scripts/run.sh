#!/bin/sh
set -eu
if [ "${1:-}" = backup ]; then
    exec ./backup.sh
fi
exec "$@"

#!/bin/sh
set -e
mkdir -p /data
chown 1000:1000 /data
exec setpriv --reuid=1000 --regid=1000 --clear-groups "$@"

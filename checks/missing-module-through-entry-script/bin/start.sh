#!/bin/sh
set -e
: "${MODE:=batch}"
echo "mode $MODE"
exec python -m "$@"

#!/bin/bash
set -euo pipefail
exec python app.py "$@"

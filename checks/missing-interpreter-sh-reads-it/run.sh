#!/bin/bash
set -eu
exec python app.py "$@"

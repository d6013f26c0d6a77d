FROM python:3.11-slim
LABEL a='$single' b="$double" c=\$escaped d="\$escaped" e=${set:+x} f=${a#b} g=${c/d/e}

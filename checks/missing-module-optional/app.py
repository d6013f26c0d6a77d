from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flask import Flask

import compat

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
if sys.platform == "win32":
    import winloop
if sys.version_info < (3, 9):
    import importlib_resources as resources
else:
    import importlib.resources as resources

app = Flask(__name__)


def upload(client: S3Client):
    import boto3

    return boto3


@app.get("/")
def index():
    return compat.NAME


if __name__ == "__main__":
    import livereload

    livereload.Server(app).serve()

import click
import itsdangerous

click.echo(itsdangerous.base64_encode(b"ok"))

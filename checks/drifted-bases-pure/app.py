import click

click.echo("ok")

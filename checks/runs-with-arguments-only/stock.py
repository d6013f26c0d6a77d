import click


@click.group()
def main():
    """Stock of the shop."""


@main.command()
def chart():
    import matplotlib

    print(matplotlib)

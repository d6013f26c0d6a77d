from importlib.resources import files

print(len(files("ledger").joinpath("schema.sql").read_text().splitlines()))

from jobs.io import reader

reader.read()

import tariff

print(tariff.RATE)

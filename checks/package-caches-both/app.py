import tzdata

print(tzdata.IANA_VERSION)

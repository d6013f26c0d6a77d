from datetime import UTC, datetime

print(datetime.now(UTC).year > 2000)

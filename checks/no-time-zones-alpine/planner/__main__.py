from datetime import datetime
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Europe/Madrid")
print(datetime(2024, 1, 1, tzinfo=HERE).isoformat())

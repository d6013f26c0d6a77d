from datetime import datetime, timezone

print(datetime.now(timezone.utc).tzinfo)

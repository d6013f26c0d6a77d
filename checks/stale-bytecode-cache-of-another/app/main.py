from app import settings

print(settings.NAME)

import db

print(db.driver.__name__)

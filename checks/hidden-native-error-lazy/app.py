import db

print(db.connect("sqlite:///:memory:"))

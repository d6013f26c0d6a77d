NAME = "pet"

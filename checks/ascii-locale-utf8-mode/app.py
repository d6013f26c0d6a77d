print("Bienvenido al café")

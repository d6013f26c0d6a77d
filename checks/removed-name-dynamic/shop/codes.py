for number, name in enumerate(["OK", "GONE", "BUSY"]):
    globals()[name] = number

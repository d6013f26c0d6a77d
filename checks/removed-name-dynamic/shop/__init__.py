def __getattr__(name):
    if name == "VERSION":
        return "1.0"
    raise AttributeError(name)

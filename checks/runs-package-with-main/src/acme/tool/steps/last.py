END = "end"

KIND = "json"

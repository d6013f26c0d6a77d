print("fallback")

print("fallback works")

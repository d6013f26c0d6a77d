import sys, types
m = types.ModuleType("company_settings")
m.V = "patched"
sys.modules["company_settings"] = m

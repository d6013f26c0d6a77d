import company_settings
print(company_settings.V)

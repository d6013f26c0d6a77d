from billing.invoice import total

print(total([1, 2, 3]))

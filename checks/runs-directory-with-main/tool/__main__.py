from steps.first import run

print(run())

import git

print(git.__name__)

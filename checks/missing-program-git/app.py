import git

print(git.Repo)

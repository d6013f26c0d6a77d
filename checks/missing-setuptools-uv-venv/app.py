import pkg_resources

print(len(list(pkg_resources.working_set)))

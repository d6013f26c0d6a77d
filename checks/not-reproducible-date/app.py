print(open("build-time.txt").read().strip())

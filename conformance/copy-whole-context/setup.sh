mkdir .git; echo ref > .git/HEAD

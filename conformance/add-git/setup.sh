export GIT_AUTHOR_DATE='2023-11-14T00:00:00Z' GIT_COMMITTER_DATE='2023-11-14T00:00:00Z' GIT_CONFIG_GLOBAL=/dev/null
g() { git -c user.name=n -c user.email=e@x -c init.defaultBranch=main "$@"; }
mkdir ../src; cd ../src; g init -q .; echo one > a; mkdir sub; echo s > sub/s; ln -s a l; printf '#!/bin/sh\n' > x; chmod 755 x; g add .; g commit -qm one; g tag v1
echo two > a; g commit -qam two; g checkout -qb branch; echo b > b; g add b; g commit -qm b; g checkout -q main
cd ../context; g clone -q --bare ../src ../www/repo.git

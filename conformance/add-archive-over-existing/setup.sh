mkdir -p t/sub; echo new > t/f; echo g > t/sub/g; chmod 755 t/sub
tar --sort=name --owner=0 --group=0 --mtime=@1700000000 -C t -cf a.tar .; rm -r t

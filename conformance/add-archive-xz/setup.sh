mkdir t; echo f > t/f; tar --owner=5 --group=6 --mtime=@1700000000 -C t -c f | xz > a.tar.xz; rm -r t

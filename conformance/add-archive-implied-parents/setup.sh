mkdir -p t/deep/er; echo f > t/deep/er/f; : > t/empty
tar --owner=9 --group=9 --mtime=@1700000000 -C t -cf a.tar deep/er/f empty; rm -r t

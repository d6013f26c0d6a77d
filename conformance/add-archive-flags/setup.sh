mkdir -p t/sub; echo f > t/f; echo g > t/sub/g; chmod 750 t/sub; ln -s f t/l; chown 1000:1001 t/f t/sub
tar --sort=name --mtime=@1700000000 -C t -cf a.tar f sub l; rm -r t

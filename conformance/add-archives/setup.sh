mkdir -p t/sub; echo f > t/f; echo g > t/sub/g; chmod 700 t/sub; ln -s f t/l; ln t/f t/h; chown 1000:1001 t/f
tar --sort=name --mtime=@1700000000 -C t -cf plain.tar .
gzip -nk < plain.tar > a.tar.gz; bzip2 -k < plain.tar > a.tar.bz2; zstd -q < plain.tar > a.tar.zst 2>/dev/null || cp plain.tar a.tar.zst
cp a.tar.gz misnamed.txt
echo nothing > notatar.tar.gz; echo x | gzip -n > single.gz; rm -r t

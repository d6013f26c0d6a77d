echo hello > ../www/file.txt
echo in > in; tar --owner=0 --group=0 --mtime=@1700000000 -cf - in | gzip -n > ../www/a.tar.gz; rm in

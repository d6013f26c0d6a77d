mkdir d; echo 1 > one; echo 2 > two; tar --mtime=@1700000000 -cf a.tar one; tar --mtime=@1700000000 -cf b.tar two; cp a.tar d/; rm one two

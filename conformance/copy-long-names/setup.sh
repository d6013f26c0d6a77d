long=$(printf 'x%.0s' $(seq 1 250))
mkdir -p n; echo 1 > n/$long
ln -s $long n/link
p=n; for i in $(seq 1 30); do p=$p/directory$i; done
mkdir -p $p; echo deep > $p/file
ln -s ../$(printf 'y/%.0s' $(seq 1 150))z n/longlink

mkdir -p d/e
echo same > d/a
ln d/a d/b
ln d/a d/e/c
ln d/a top

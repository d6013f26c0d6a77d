mkdir n
echo 1 > 'n/[b]'
echo 2 > 'n/star*'
echo 3 > 'n/star1'
echo 4 > 'n/dollar$x'

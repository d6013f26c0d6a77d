mkdir n
cd n
echo 1 > 'ünïcode'
echo 2 > 'with space'
echo 3 > 'quote"'\''s'
echo 4 > 'dollar$x'
echo 5 > 'back\slash'
echo 6 > '#hash'
echo 7 > '-dash'
printf 8 > "$(printf 'new\nline')"
echo 10 > 'star*'
echo 11 > '日本語'
echo 12 > '[b]'
echo 13 > '.wh'
cd ..

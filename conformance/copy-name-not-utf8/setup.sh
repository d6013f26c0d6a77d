mkdir n
printf 9 > "n/$(printf 'latin\351')"

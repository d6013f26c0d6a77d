printf 'FROM scratch\r\n# comment\r\nENV A=1 \\\r\n  B=2\r\nCOPY a.txt /a\r\nCOPY <<EOF /h\r\nline\r\nEOF\r\nLABEL x="y"\r\n' > Dockerfile
printf 'a.log\r\n!b\r\n' > .dockerignore
echo a > a.txt; echo l > a.log

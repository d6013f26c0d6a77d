echo a > suid; chmod 4755 suid
echo b > sgid; chmod 2755 sgid
echo c > none; chmod 000 none
echo d > wide; chmod 666 wide
echo d > exec; chmod 711 exec
mkdir sticky setgid; chmod 1777 sticky; chmod 2775 setgid
touch sticky/x setgid/y
chown 1000:1000 exec setgid

mkdir d
mkfifo d/fifo
python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.bind("d/sock")'
echo x > d/regular

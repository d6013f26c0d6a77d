mkdir -p empty deep/er/est
chmod 700 empty
chmod 1777 deep/er

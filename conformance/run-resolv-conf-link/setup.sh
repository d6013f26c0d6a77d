ln -s ../run/x/resolv.conf etc/other.conf

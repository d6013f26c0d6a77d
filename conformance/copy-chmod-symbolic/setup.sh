chmod 777 d; chmod 666 d/plain

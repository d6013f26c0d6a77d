xh

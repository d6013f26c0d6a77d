seq 1 1000000 > big
truncate -s 5M sparse; echo end >> sparse
: > empty

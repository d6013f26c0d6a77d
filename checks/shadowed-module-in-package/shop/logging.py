from logging import getLogger

log = getLogger("shop")

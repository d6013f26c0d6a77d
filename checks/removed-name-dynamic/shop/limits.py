from .base import *

if True:
    HARD = LIMIT * 2

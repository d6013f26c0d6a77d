from . import steps
from .steps.last import END

print(END, steps.__name__)

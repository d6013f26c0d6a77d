from acme.mail import send
from acme.text.wrap import wrap

print(send(wrap("x")))

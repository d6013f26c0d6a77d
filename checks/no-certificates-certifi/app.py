import os

import requests

print(os.path.getsize(requests.certs.where()) > 1000)

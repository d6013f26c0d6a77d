import requests

URL = "https://rates.example.com"


def fetch():
    return requests.get(URL, timeout=5).json()

import urllib3

print(urllib3.PoolManager().__class__.__name__)

try:
    from werkzeug.urls import url_quote
except ImportError:
    from urllib.parse import quote as url_quote

try:
    from collections import Mapping
except ImportError:
    from collections.abc import Mapping

print(url_quote("a b"), Mapping.__name__)

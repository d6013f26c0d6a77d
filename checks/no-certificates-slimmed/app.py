import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer


class Proxy(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/":
            body = b"try /news"
        else:
            body = urllib.request.urlopen("https://example.com" + self.path).read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("0.0.0.0", 8000), Proxy).serve_forever()

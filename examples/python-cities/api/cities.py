import json
from http.server import BaseHTTPRequestHandler

from api._data import CITIES


class handler(BaseHTTPRequestHandler):
    """All cities, the largest first."""

    def do_GET(self):
        cities = sorted(CITIES.values(), key=lambda city: -city["people"])
        body = json.dumps(cities).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

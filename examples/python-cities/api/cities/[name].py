import json
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from api._data import CITIES


class handler(BaseHTTPRequestHandler):
    """One city: the path segment arrives as the query parameter `name`."""

    def do_GET(self):
        name = parse_qs(urlsplit(self.path).query)["name"][0]
        city = CITIES.get(name)
        body = json.dumps(city or {"error": f"no city {name}"}).encode()
        self.send_response(200 if city else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

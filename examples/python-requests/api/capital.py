"""Calls another function's JSON API. Its address is set with `mayfly env set -p python-requests CITIES_URL=…`."""

import os
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import requests


class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        name = query.get("city", ["lima"])[0]
        answer = requests.get(f"{os.environ['CITIES_URL'].rstrip('/')}/api/cities/{name}", timeout=10)
        if answer.status_code == 404:
            self.answer(404, f"I do not know {name}.\n")
            return
        answer.raise_for_status()
        city = answer.json()
        self.answer(200, f"{city['name']} is in {city['country']} and has {city['people']:,} people.\n")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())

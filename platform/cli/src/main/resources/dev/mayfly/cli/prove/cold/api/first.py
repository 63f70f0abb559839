from http.server import BaseHTTPRequestHandler

# Another one in each of the functions that are made of this file.
NUMBER = 0


class handler(BaseHTTPRequestHandler):
    """Answers at once."""

    def do_GET(self):
        data = b"%d" % NUMBER
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

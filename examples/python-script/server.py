from http.server import BaseHTTPRequestHandler, HTTPServer


class GetHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        lines = [f"path: {self.path}", f"method: {self.command}"]
        self.wfile.write("\n".join(lines).encode() + b"\n")


if __name__ == "__main__":
    server = HTTPServer(("localhost", 8080), GetHandler)
    print("Starting server, use <Ctrl-C> to stop")
    server.serve_forever()

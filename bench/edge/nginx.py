"""nginx as a careful operator sets it up in front of the same instances: connections upstream are kept, files go by sendfile and stay open."""

import gzip
import os
import shutil
import subprocess
import time

from projects import FILES

PATHS = os.environ["PATH"] + ":/usr/sbin"
CONNECTIONS = 12000
CONFIGURATION = """{user}daemon off; worker_processes {workers}; worker_rlimit_nofile {files}; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections {connections}; }}
http {{
  types {{ text/plain txt; }}
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=1000; keepalive_requests 1000000000;
  client_max_body_size 100m; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  ssl_certificate {folder}/c.crt; ssl_certificate_key {folder}/c.key; ssl_protocols TLSv1.2 TLSv1.3;
  upstream hello {{ server unix:{hello}; keepalive 64; keepalive_requests 1000000000; }}
  upstream streams {{ server unix:{streams}; keepalive 64; keepalive_requests 1000000000; }}
  {echo_upstream}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Real-IP $remote_addr;
  server {{
    listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl http2;
    location / {{ proxy_pass http://hello; }}
    location ~ \\.txt$ {{ root {public}; gzip_static on; gzip_vary on; }}
  }}
  server {{
    listen 127.0.0.1:{stream};
    location / {{ proxy_pass http://streams; proxy_buffering off; proxy_request_buffering off; }}
  }}
  {echo_server}
  log_format full escape=json '{{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method","host":"$host","path":"$uri",'
    '"protocol":"$server_protocol","status":$status,"bytes_in":$request_length,"bytes_out":$body_bytes_sent,"seconds":$request_time,'
    '"upstream":"$upstream_response_time","id":"$request_id","agent":"$http_user_agent","referer":"$http_referer"}}';
  limit_conn_zone $binary_remote_addr zone=clients:10m;
  server {{
    listen 127.0.0.1:{logged};
    access_log {folder}/access.log full buffer=64k flush=1s; limit_conn clients 1000; add_header X-Request-Id $request_id;
    location / {{
      proxy_pass http://hello; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Request-Id $request_id;
    }}
  }}
}}
"""
ECHO_UPSTREAM = "upstream echo {{ server unix:{echo}; }}"
ECHO_SERVER = """server {{
    listen 127.0.0.1:{websocket};
    location / {{
      proxy_pass http://echo; proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }}
  }}"""


def program():
    return shutil.which("nginx", path=PATHS)


class Nginx:
    """sockets: of the instances by project; `hello` is the least."""

    def __init__(self, folder, public, sockets, workers, ports):
        self.folder, self.ports = folder, ports
        self.configuration = configuration(folder, public, sockets, workers, ports)
        (folder / "nginx.conf").write_text(self.configuration)
        self.process = subprocess.Popen([program(), "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 10
        while len(self.workers()) < workers:
            if self.process.poll() is not None or time.monotonic() > end:
                self.close()
                raise RuntimeError(f"nginx did not start: {self.process.stderr.read()[-500:]}")
            time.sleep(0.01)

    def workers(self):
        try:
            return [int(pid) for pid in open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()]
        except FileNotFoundError:
            return []

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def configuration(folder, public, sockets, workers, ports):
    values = {"streams": sockets["hello"], **sockets, **ports, "folder": folder, "public": public, "workers": workers, "connections": CONNECTIONS, "files": CONNECTIONS + 2000}
    echo = "echo" in sockets
    return CONFIGURATION.format(
        user="user root; " if os.geteuid() == 0 else "",
        echo_upstream=ECHO_UPSTREAM.format(**values) if echo else "",
        echo_server=ECHO_SERVER.format(**values) if echo else "",
        **values,
    )


def files(public, into):
    """The deployed files and what gzip makes of them, for gzip_static."""
    into.mkdir()
    for name, _ in FILES.values():
        data = (public / name).read_bytes()
        (into / name).write_bytes(data)
        (into / f"{name}.gz").write_bytes(gzip.compress(data, 9))
    return into

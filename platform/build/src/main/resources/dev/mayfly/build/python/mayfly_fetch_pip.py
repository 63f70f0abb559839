"""Fetches one wheel of pip for a machine without pip, as the operator configured pip.

    python3 -I -S mayfly_fetch_pip.py WHEEL SHA256 DESTINATION

The index, its credentials, certificates and proxies come from PIP_* variables and pip's configuration files.
"""

import base64
import configparser
import hashlib
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

DEFAULT_INDEX = "https://pypi.org/simple"


def main():
    wheel, sha256, destination = sys.argv[1:]
    settings = read_settings()
    problems = []
    for source in sources(settings, wheel, problems):
        try:
            content = source()
        except (OSError, ValueError) as error:
            problems.append(str(error))
            continue
        if hashlib.sha256(content).hexdigest() == sha256:
            with open(destination, "wb") as out:
                out.write(content)
            return 0
        problems.append("%s has another sha256 than %s" % (wheel, sha256))
    print("ERROR: %s cannot be fetched: %s" % (wheel, "; ".join(problems)))
    return 1


def read_settings():
    """What `pip config` would say for installing: files from global to user to PIP_CONFIG_FILE, then the environment."""
    home = os.path.expanduser("~")
    files = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", home + "/.pip/pip.conf", home + "/.config/pip/pip.conf"]
    files.append(os.environ.get("PIP_CONFIG_FILE", os.devnull))
    parser = configparser.RawConfigParser()
    for file in files:
        try:
            parser.read(file, encoding="utf-8")
        except (OSError, configparser.Error) as error:
            print("%s: %s" % (file, error))
    settings = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            settings.update({name.replace("_", "-"): value for name, value in parser.items(section)})
    for name, value in os.environ.items():
        if name.startswith("PIP_") and value:
            settings[name[4:].lower().replace("_", "-")] = value
    return settings


def sources(settings, wheel, problems):
    for place in settings.get("find-links", "").split():
        path = urllib.parse.unquote(place[len("file://") :] if place.startswith("file://") else place)
        if os.path.isfile(os.path.join(path, wheel)):
            yield lambda: open(os.path.join(path, wheel), "rb").read()
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        problems.append("no-index is set, and find-links has no such file")
        return
    for index in [settings.get("index-url", DEFAULT_INDEX)] + settings.get("extra-index-url", "").split():
        yield lambda: from_index(index.rstrip("/") + "/pip/", wheel, settings)


def from_index(page, wheel, settings):
    links = Links()
    links.feed(fetch(page, settings).decode("utf-8", "replace"))
    for link in links.found:
        url = urllib.parse.urljoin(page, link)
        if urllib.parse.unquote(urllib.parse.urlparse(url).path).endswith("/" + wheel):
            return fetch(urllib.parse.urldefrag(url)[0], settings)
    raise ValueError("%s does not list %s" % (without_credentials(page), wheel))


def fetch(url, settings):
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(without_credentials(url), headers={"Accept": "text/html, */*", "User-Agent": "mayfly"})
    if parts.username:
        pair = "%s:%s" % (urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or ""))
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    handlers = [urllib.request.HTTPSHandler(context=certificates(parts.hostname, parts.port, settings))]
    if settings.get("proxy"):
        handlers.append(urllib.request.ProxyHandler({"http": settings["proxy"], "https": settings["proxy"]}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=float(settings.get("timeout", 60))) as answer:
            return answer.read()
    except urllib.error.URLError as error:
        raise ValueError("%s: %s" % (without_credentials(url), error)) from error


def certificates(host, port, settings):
    if {host, "%s:%s" % (host, port)} & set(settings.get("trusted-host", "").split()):
        return ssl._create_unverified_context()
    bundle = settings.get("cert") or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    context = ssl.create_default_context()
    if bundle:
        context.load_verify_locations(**{"capath" if os.path.isdir(bundle) else "cafile": bundle})
    if settings.get("client-cert"):
        context.load_cert_chain(settings["client-cert"])
    return context


def without_credentials(url):
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.extend(value for name, value in attributes if tag == "a" and name == "href" and value)


if __name__ == "__main__":
    sys.exit(main())

"""`report.html` in headless Chromium: nothing in it runs, and nothing leaves."""

import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from test_nothing_executes import hostile_report

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = ("--disable-background-networking", "--disable-component-update", "--no-first-run")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
RUN = "document.documentElement.dataset.ran=1"
HOSTILE = (
    f"</title></svg><script>{RUN}</script><script src=http://a.b/script></script>"
    f"<img src=http://a.b/image onerror={RUN}><svg onload={RUN}></svg><link rel=stylesheet "
    f"href=http://a.b/style>'\"><iframe src=http://a.b/frame></iframe><a href=javascript:{RUN}>"
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is installed"),
]


@contextmanager
def proxy():
    """A proxy that answers nothing; yields its address and a list of what it is asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def refuse(self):
            asked.append(self.path)
            self.send_error(404)

        do_GET = do_POST = do_CONNECT = do_HEAD = refuse  # noqa: N815

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hosts(addresses):
    """The machines of addresses, each of which is a URL or `host:port`."""
    return {urlsplit(text if "//" in text else f"//{text}").hostname for text in addresses}


def opened(page, folder):
    """The page as the browser has it after its scripts ran, and the requests that left for it.

    The browser looks for updates and the time whatever its flags say. Its own log tells those
    requests, which have no origin, from those of the page.
    """
    log = folder / "requests.json"
    with proxy() as (address, asked):
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", *QUIET]
        command += [f"--user-data-dir={folder / 'profile'}", f"--proxy-server={address}"]
        command += ["--proxy-bypass-list=<-loopback>", "--virtual-time-budget=2000"]
        command += [f"--log-net-log={log}", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    started = [event for event in events if "initiator" in event]
    own = [event["url"] for event in started if event["initiator"] == "not an origin"]
    left = {event["url"] for event in started} - set(own)
    return done.stdout, left | {each for each in asked if hosts([each]).isdisjoint(hosts(own))}


def test_hostile_names_and_titles_neither_run_nor_load(tmp_path):
    dom, asked = opened(hostile_report(tmp_path, HOSTILE), tmp_path)
    assert "data-ran" not in dom
    assert asked == set()
    assert "&lt;script&gt;document" in dom
    assert "point at a document for its title" in dom


def test_scripts_and_requests_are_detected(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><html><body>{HOSTILE}</body></html>")
    dom, asked = opened(page, tmp_path)
    assert 'data-ran="1"' in dom
    for part in ("script", "image", "style", "frame"):
        assert f"http://a.b/{part}" in asked

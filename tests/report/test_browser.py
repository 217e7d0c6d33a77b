"""`report.html` in headless Chromium: nothing in it runs, and nothing leaves."""

import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from test_nothing_executes import hostile_report

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
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


def opened(page, profile):
    """The page as the browser has it after its scripts ran, and the requests that left."""
    with proxy() as (address, asked):
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
        command += [f"--user-data-dir={profile}", f"--proxy-server={address}"]
        command += ["--proxy-bypass-list=<-loopback>", "--virtual-time-budget=2000", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout, asked


def test_hostile_names_and_titles_neither_run_nor_load(tmp_path):
    dom, asked = opened(hostile_report(tmp_path, HOSTILE), tmp_path / "profile")
    assert "data-ran" not in dom
    assert asked == []
    assert "&lt;script&gt;document" in dom
    assert "point at a document for its title" in dom


def test_scripts_and_requests_are_detected(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><html><body>{HOSTILE}</body></html>")
    dom, asked = opened(page, tmp_path / "profile")
    assert 'data-ran="1"' in dom
    for part in ("script", "image", "style", "frame"):
        assert f"http://a.b/{part}" in asked

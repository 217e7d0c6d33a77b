"""`report.html` in headless Chromium: nothing in it runs, and nothing leaves."""

import json
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from report.explored_runs import add_model, model_of
from test_nothing_executes import hostile_report

import keras_vrae
from benchmarks.browser import BROWSER, BROWSERS, QUIET, Browser
from keras_vrae import report

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


def test_hostile_terms_and_names_neither_run_nor_load_in_the_explorer(tmp_path):
    model = model_of(keras_vrae.DenseDecoder((4,), num_layers=0), keras_vrae.Multinomial())
    (tmp_path / "runs").mkdir()
    run = add_model(tmp_path / "runs", HOSTILE[:60], model, "text", HOSTILE)
    written, _ = report.write([run], tmp_path / "out")
    dom, asked = opened(written / "report.html", tmp_path)
    assert "data-ran" not in dom
    assert asked == set()
    # The scripts have run, and have shown terms as text.
    assert "decoded at the centre" in dom
    assert "likeliest words</b><li>&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;document" in dom
    with Browser() as browser:
        browser.open(written / "report.html")
        browser.value("explorers[0].hover(explorers[0].pixelsOf(explorers[0].target()[0]))")
        browser.value("document.querySelector('[type=search]').value = 'title'")
        browser.value("document.querySelector('[type=search]').dispatchEvent(new Event('input'))")
        browser.wait_for_frame()
        assert len(browser.value("document.querySelector('.results').textContent")) > 1000
        assert (
            browser.value("document.documentElement.dataset.ran ?? 'did not run'") == "did not run"
        )
        assert not [url for url in browser.requests() if not url.startswith(("file:", "data:"))]
        assert browser.complaints() == []


def test_scripts_and_requests_are_detected(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><html><body>{HOSTILE}</body></html>")
    dom, asked = opened(page, tmp_path)
    assert 'data-ran="1"' in dom
    for part in ("script", "image", "style", "frame"):
        assert f"http://a.b/{part}" in asked

"""Chromium without a window, driven through two pipes: it opens pages, moves the pointer, looks.

The commands are those of the Chrome DevTools Protocol, https://chromedevtools.github.io/. Pipes
need no network and no package.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
QUIET = ("--disable-background-networking", "--disable-component-update", "--no-first-run")
# A browser reads commands from the file descriptor 3 and writes answers to 4.
READ, WRITE = 3, 4


class Browser:
    """A browser with one page.

    Args:
        width, height: of the page, in pixels of CSS.
        dark: whether pages are asked for their dark colours.
        scale: pixels of the screen for one of CSS.
    """

    def __init__(self, width=1280, height=900, dark=False, scale=1.0):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self._commands = os.pipe()
        self._answers, from_browser = os.pipe()
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", *QUIET]
        command += ["--remote-debugging-pipe", f"--user-data-dir={self.profile.name}"]
        # A shell gives the pipes the numbers that the browser expects.
        line = f'exec "$@" {READ}<&{to_browser} {WRITE}>&{from_browser}'
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", line, "bash", *command, "about:blank"],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._rest, self._number, self._session, self.events = b"", 0, None, []
        page = next(t for t in self("Target.getTargets")["targetInfos"] if t["type"] == "page")
        attach = {"targetId": page["targetId"], "flatten": True}
        self._session = self("Target.attachToTarget", **attach)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self(f"{domain}.enable")
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[feature])
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self("Emulation.setDeviceMetricsOverride", **size)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def __call__(self, method, **parameters):
        """Sends a command, and returns its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._commands, data) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def _next(self):
        while b"\0" not in self._rest:
            part = os.read(self._answers, 1 << 20)
            if not part:
                raise RuntimeError("The browser has ended")
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def open(self, path):
        """Opens a file, and waits until all of it is loaded."""
        self.events.clear()
        self("Page.navigate", url=Path(path).resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def value(self, expression):
        """Returns the value of an expression in the page, or what it promises."""
        options = {"returnByValue": True, "awaitPromise": True}
        found = self("Runtime.evaluate", expression=expression, **options)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"].get("description"))
        return found["result"].get("value")

    def mouse(self, kind, x, y, **more):
        """Sends `Pressed`, `Moved` or `Released` of the mouse at a place of the window."""
        button = {} if kind == "Moved" else {"button": "left", "clickCount": 1}
        self("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **button, **more)

    def click(self, x, y):
        """Clicks at a place of the window."""
        for kind in ("Moved", "Pressed", "Released"):
            self.mouse(kind, x, y)

    def wait_for_frame(self):
        """Waits until the page has drawn what it was asked to draw."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def picture(self, path, box=None):
        """Writes the window, or a box `(x, y, width, height)` of the page, as PNG."""
        more = {}
        if box:
            clip = dict(zip(("x", "y", "width", "height"), box, strict=True))
            more = {"clip": {**clip, "scale": 1}, "captureBeyondViewport": True}
        found = self("Page.captureScreenshot", format="png", **more)
        Path(path).write_bytes(base64.b64decode(found["data"]))

    def complaints(self):
        """Returns the errors of the page so far: of scripts, and of what was refused."""
        kinds = {"Runtime.exceptionThrown", "Log.entryAdded"}
        return [event["params"] for event in self.events if event.get("method") in kinds]

    def requests(self):
        """Returns the addresses that the page has asked for."""
        sent = [e["params"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return [request["request"]["url"] for request in sent]

    def close(self):
        """Ends the browser."""
        self.process.terminate()
        self.process.wait()
        os.close(self._commands)
        os.close(self._answers)
        self.profile.cleanup()

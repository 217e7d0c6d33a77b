"""Measures and photographs the report of runs: `python -m benchmarks.explorer RUN_DIR...`.

The page of the report is opened in Chromium without a window. `--output=F.json` stores its size,
the seconds until it has drawn all planes, and the milliseconds of a frame: decoding the point under
the pointer and drawing it. `--picture=F.png` has two pins and an example under the pointer,
in dark colours with `--dark`; `--first` and `--second` are the test examples that are pinned.
"""

import json
import tempfile
import time
from pathlib import Path

from benchmarks import harness
from benchmarks.browser import Browser
from keras_vrae import report

FRAMES = """(() => explorers.map((explorer) => {
  const times = [], { clientWidth: width } = document.querySelector(".overlay");
  for (let n = 0; n < FRAMES; n++) {
    const turn = (2 * Math.PI * n) / FRAMES, place = [Math.cos(turn), Math.sin(turn)];
    const start = performance.now();
    explorer.hover(place.map((value) => width * (0.5 + 0.35 * value)));
    explorer.frame();
    times.push(performance.now() - start);
  }
  explorer.hover(null);
  return times;
}))()"""
# Of the first plane, in the window: where a test example is.
PLACE = """(() => {
  const overlay = document.querySelector(".overlay"), box = overlay.getBoundingClientRect();
  const { runs } = JSON.parse(document.getElementById("explorer-data").textContent);
  const codes = floatsOfHalves(runs[0].codes), size = runs[0].latentDim;
  const [x, y] = explorers[0].pixelsOf(codes.subarray(ROW * size, (ROW + 1) * size));
  return [box.x + x, box.y + y];
})()"""
SECTION = """(() => {
  const { x, y, width, height } = document.querySelector(".linked").getBoundingClientRect();
  return [scrollX + x - 12, scrollY + y - 16, width + 24, height + 32];
})()"""
AIM = "document.querySelector('.overlay').scrollIntoView({ block: 'center' })"


def measure(browser, page, frames, openings):
    """Returns the size of a page, the spread of its opening, and that of frames of each run.

    Args:
        browser: a `Browser`.
        page: path of a `report.html` with explorers.
        frames: frames of each run.
        openings: how many times the page is opened.
    """
    seconds = []
    for _ in range(openings):
        start = time.perf_counter()
        browser.open(page)
        browser.wait_for_frame()
        seconds.append(time.perf_counter() - start)
    times = browser.value(FRAMES.replace("FRAMES", str(frames)))
    names = browser.value("explorers.map((explorer) => explorer.name)")
    return {
        "page_bytes": page.stat().st_size,
        "opening_seconds": harness.spread(seconds),
        "frame_milliseconds": {
            name: harness.spread(some) for name, some in zip(names, times, strict=True)
        },
    }


def photograph(browser, page, path, first, second):
    """Writes a picture of the explorers of a page.

    Args:
        browser: a `Browser`.
        page: path of a `report.html` with explorers.
        path: PNG to write.
        first, second: numbers of the test examples that are pinned; the second is pointed at.
    """
    browser.open(page)
    browser.wait_for_frame()
    for row in (first, second):
        browser.value(AIM)
        browser.click(*browser.value(PLACE.replace("ROW", str(row))))
        browser.wait_for_frame()
    browser.value(AIM)  # The strip between the pins has moved what is below it.
    browser.mouse("Moved", *browser.value(PLACE.replace("ROW", str(second))))
    browser.wait_for_frame()
    browser.picture(path, browser.value(SECTION))


def main(arguments=None):
    """Writes the report of runs, and measures or photographs its page."""
    flags = {"frames": 200, "openings": 5, "picture": "", "dark": False, "width": 1400}
    program = harness.Program(__doc__, arguments, **flags, first=0, second=1, folders=[])
    flags = program.flags
    with tempfile.TemporaryDirectory() as folder:
        written, _ = report.write(flags.folders, folder)
        with Browser(flags.width, 1000, flags.dark) as browser:
            results = measure(browser, Path(written, "report.html"), flags.frames, flags.openings)
        if flags.picture:
            with Browser(flags.width, 1000, flags.dark, scale=1.5) as browser:
                page = Path(written, "report.html")
                photograph(browser, page, flags.picture, flags.first, flags.second)
    middle = {name: part["median"] for name, part in results["frame_milliseconds"].items()}
    print(json.dumps({"page_bytes": results["page_bytes"], "frame_milliseconds": middle}))
    program.save(results)


if __name__ == "__main__":
    main()

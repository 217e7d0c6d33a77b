"""Lets Atheris look for bytes that the parsers of IDX and `.ts` files do not answer well.

    pip install '.[fuzz]'
    python -m benchmarks.fuzz_parsers --minutes=5 --output=docs/benchmarks/fuzz_parsers.json

Atheris changes bytes so that they reach lines of the parser that none has reached before. What a
good answer is `benchmarks.fuzz` says. Each parser has a process of its own, which the first bad
answer ends; the file with the bytes is kept in the folder where the program was started.
"""

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import machine

PARSERS = {"idx": "images-idx3-ubyte", "idx_gzipped": "images-idx3-ubyte.gz", "ts": "series.ts"}
# Where Atheris watches which lines are reached.
WATCHED = ["keras_vrae.datasets", "aeon.datasets._data_loaders"]
LONGEST = 4096  # Of the inputs, in bytes.
TAGS = ("timestamps", "missing", "univariate", "equalLength", "classLabel", "targetLabel", "data")
WORDS = (*(f"@{tag}" for tag in TAGS), "true", "false", "nan", ":", ",", "(", "):", "1e999", "\n")


def work(parser, folder):
    """Fuzzes one parser until libFuzzer ends the process; `sys.argv` holds its options."""
    import atheris

    with atheris.instrument_imports(include=WATCHED):
        from aeon.datasets import _data_loaders  # noqa: F401

        from benchmarks import fuzz
        from keras_vrae.datasets.images import idx

    path = Path(folder, PARSERS[parser])

    def read(path):
        return fuzz.read_series(path) if parser == "ts" else idx.read_idx(path, 3)

    def answered(content):
        path.write_bytes(content)
        _, fault = fuzz.answer(read, path)
        if fault:
            raise AssertionError(fault)

    atheris.Setup(sys.argv, answered)
    atheris.Fuzz()


def seeds(parser):
    """Inputs to begin with."""
    from benchmarks import fuzz

    if parser == "idx":
        return [fuzz.idx_content()]
    if parser == "idx_gzipped":
        return [gzip.compress(fuzz.idx_content())]
    lines = [f"({n},{n}.5),({n + 1},?):{'ab'[n % 2]}\n" for n in range(12)]
    stamped = fuzz.TS_HEADER.replace("timestamps false", "timestamps true")
    equal = fuzz.TS_HEADER.replace("equalLength false", "equalLength true")
    rows = [f"{n},1:{n},{-n}.5:{'ab'[n % 2]}\n" for n in range(12)]
    texts = [fuzz.TS, stamped + "".join(lines), equal + "".join(rows)]
    return [text.encode() for text in texts]


def run(parser, minutes):
    """Executions, findings and coverage of one parser, a dict."""
    with tempfile.TemporaryDirectory() as folder:
        corpus, words = Path(folder, "corpus"), Path(folder, "words")
        corpus.mkdir()
        for number, content in enumerate(seeds(parser)):
            Path(corpus, str(number)).write_bytes(content)
        lines = (f"{json.dumps(word)}\n".replace("\\n", "\\x0a") for word in WORDS)
        words.write_text("".join(lines))
        command = [sys.executable, "-m", "benchmarks.fuzz_parsers", f"--work={parser}"]
        command += [f"--folder={folder}", f"-max_total_time={round(60 * minutes)}", "-timeout=20"]
        command += [f"-max_len={LONGEST}", "-seed=1", f"-dict={words}", str(corpus)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        said = (done := subprocess.run(command, text=True, errors="replace", **pipes)).stdout
    counts = re.findall(r"^#(\d+)\s+\w+\s+cov: (\d+).*corp: (\d+)", said, re.MULTILINE)
    if not counts:
        raise SystemExit(said[-3000:])
    executions, coverage, inputs = map(int, counts[-1])
    row = {"executions": executions, "coverage": coverage, "inputs_that_reached_more": inputs}
    return {**row, "finding": said[-1000:] if done.returncode else None}


def main():
    """Fuzzes each parser in turn, or does the work of one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5, help="for each (default: 5)")
    parser.add_argument("--parsers", default=",".join(PARSERS), help="(default: %(default)s)")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--work", choices=PARSERS, help="be the process of this parser")
    parser.add_argument("--folder", help="where that one writes its file")
    flags, options = parser.parse_known_args()
    if flags.work:
        sys.argv = [sys.argv[0], *options]
        work(flags.work, flags.folder)
    report = {**machine.describe(), "minutes_each": flags.minutes, "parsers": {}}
    for name in flags.parsers.split(","):
        report["parsers"][name] = run(name, flags.minutes)
    text = json.dumps(report, indent=1)
    print(text)
    if flags.output:
        flags.output.write_text(text + "\n")
    return 1 if any(row["finding"] for row in report["parsers"].values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())

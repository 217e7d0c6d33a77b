"""Odd and damaged files, each with the right answer: what it says, or that it must be refused.

Files are written from content that is known, in the many ways of spreadsheets, pandas, R and hands;
then one thing is damaged in them, at a place that is drawn. Nothing here reads a file.
"""

import csv
import io
import json
import random
import re
import struct
from typing import Any, NamedTuple

import numpy as np

CLASSES = ("Walking", "rest", "élan")
NO_LABELS = ("", "-1", "NaN", "nan")
MISSING = ("", "NA", "N/A", "<NA>", "NaT", "nan", "NaN", "null", "?", " ")
NAMES = {
    "id": ("id", "series_id", "unique_id", "ID"),
    "time": ("time", "timestamp", "date", "ds", "Datetime"),
    "label": ("label", "class", "target", "Category"),
}
REFUSED = "refused"


def known(labels):
    """The labels, or None if no series has one."""
    return None if labels is None or all(label is None for label in labels) else labels


class OddFile(NamedTuple):
    """A file of a user, and what reading it must give.

    Attributes:
        format: its format, for counting.
        story: what is odd about it.
        name, content: name and bytes of the file.
        settings: `TableSettings` by name.
        expected: lists of series and their labels, or `REFUSED`.
    """

    format: str
    story: str
    name: str
    content: bytes
    settings: dict
    expected: Any


class Table(NamedTuple):
    """Content of a long table: for each series its label, and its values by step."""

    series: list
    labels: list


def draw_content(rng, channels=2):
    """Draws series of unequal length, with labels of which some are missing."""
    series = [
        [
            [round(rng.uniform(-50, 50), 3) for _ in range(channels)]
            for _ in range(rng.randint(2, 5))
        ]
        for _ in range(rng.randint(3, 6))
    ]
    return Table(series, [rng.choice((*CLASSES, None)) for _ in series])


# The time of a step: whole numbers, fractions, dates, and dates with a time zone.
TIMES = {
    "number": lambda step: str(2 * step),
    "fraction": lambda step: str(0.5 * step),
    "date": lambda step: f"2024-02-{20 + step}",
    "zone": lambda step: f"2024-05-0{1 + step}T10:00:00Z",
    "offset": lambda step: f"2024-05-0{1 + step} 10:00:00+02:00",
}


def long_rows(rng, content, gaps=True):
    """A header and rows of strings, and the values that they say."""
    names = [rng.choice(NAMES["id"]), rng.choice(NAMES["time"]), "speed", "load"]
    names.append(rng.choice(NAMES["label"]))
    time_of, none = TIMES[rng.choice(list(TIMES))], rng.choice(NO_LABELS)
    rows, values = [], []
    for number, (series, label) in enumerate(zip(content.series, content.labels, strict=True)):
        values.append([list(step) for step in series])
        for step in range(len(series)):
            cells = [str(value) for value in series[step]]
            if gaps and rng.random() < 0.1:
                channel = rng.randrange(len(cells))
                cells[channel], values[-1][step][channel] = rng.choice(MISSING), None
            rows.append([f"s{number}", time_of(step), *cells, none if label is None else label])
    return names, rows, values


def shuffled(rng, names, rows):
    """The columns in another order."""
    order = rng.sample(range(len(names)), len(names))
    return [names[n] for n in order], [[row[n] for n in order] for row in rows]


def text_table(rng, names, rows, separator=",", decimal="."):
    """The text of a table with the freedoms that CSV has."""
    ending = rng.choice(("\n", "\r\n"))
    stream = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    writer = csv.writer(stream, delimiter=separator, lineterminator=ending, quoting=quoting)
    if names is not None:
        writer.writerow([rng.choice(("", " ")) + name for name in names])
    for row in rows:
        if rng.random() < 0.1:
            stream.write(ending)
        writer.writerow([cell.replace(".", decimal) if decimal == "," else cell for cell in row])
    text = stream.getvalue()
    return rng.choice((b"", b"\xef\xbb\xbf")) + text.encode()


def long_table(rng):
    """A long table in text, read by the names of its columns."""
    content = draw_content(rng)
    names, rows, values = long_rows(rng, content)
    names, rows = shuffled(rng, names, rows)
    settings, ending, separator = {}, ".csv", ","
    form = rng.choice(("comma", "tab", "semicolon", "index", "trailing", "named"))
    if form == "tab":
        ending, separator = ".tsv", "\t"
    elif form == "semicolon":
        separator, settings = ";", {"delimiter": ";"}
    elif form == "index":
        names = [rng.choice(("", "Unnamed: 0")), *names]
        rows = [[str(number), *row] for number, row in enumerate(rows)]
    elif form == "trailing":
        names, rows = [*names, ""], [[*row, ""] for row in rows]
    elif form == "named":
        lowered = {name: role for role, usual in NAMES.items() for name in usual}
        settings = {
            f"{lowered[name]}_column": f"my {lowered[name]}" for name in names if name in lowered
        }
        names = [f"my {lowered[name]}" if name in lowered else name for name in names]
    order = [name.strip() for name in names if name.strip() in ("speed", "load")]
    if order == ["load", "speed"]:
        values = [[[b, a] for a, b in series] for series in values]
    data = text_table(rng, names, rows, separator)
    if data.startswith(b"\xef\xbb\xbf") and form == "index":
        data = data[3:]
    return OddFile(
        "long table", form, f"a{ending}", data, settings, [values, known(content.labels)]
    )


def decimal_table(rng):
    """A table of semicolons and decimal commas, as spreadsheets of half of Europe write it."""
    content = draw_content(rng)
    names, rows, values = long_rows(rng, content, gaps=False)
    for row in rows:
        row[1] = row[1].replace(".", ",") if row[1].count(".") == 1 else row[1]
    rows = [[row[0], str(number), *row[2:]] for number, row in enumerate(rows)]
    settings = {"delimiter": ";", "decimal": ","}
    data = text_table(rng, names, rows, ";", ",")
    return OddFile(
        "long table", "decimal commas", "a.csv", data, settings, [values, known(content.labels)]
    )


def wide_table(rng):
    """A wide table, with or without a header, whose rows end in empty cells."""
    content = draw_content(rng, channels=1)
    longest = max(map(len, content.series))
    has_header = rng.random() < 0.7
    rows, labels = [], None
    for series in content.series:
        cells = [str(value) for (value,) in series]
        rows.append(cells + [rng.choice(("", "NA", "nan"))] * (longest - len(cells)))
    names = [f"t{step}" for step in range(longest)] if has_header else None
    if has_header and rng.random() < 0.5:
        labels = content.labels
        names.append(rng.choice(NAMES["label"]))
        rows = [[*row, label or ""] for row, label in zip(rows, labels, strict=True)]
    story = "with a header" if has_header else "no header"
    data = text_table(rng, names, rows)
    return OddFile("wide table", story, "a.csv", data, {}, [content.series, known(labels)])


def json_table(rng):
    """Objects of JSON, in lines or in an array, with keys in any order or left out."""
    content = draw_content(rng)
    names, rows, values = long_rows(rng, content, gaps=False)
    objects = []
    for row in rows:
        found = dict(zip(names, row, strict=True))
        found["speed"], found["load"] = float(found["speed"]), float(found["load"])
        if found[names[-1]] in NO_LABELS:
            found[names[-1]] = rng.choice((None, -1, float("nan"), ""))
        if objects and rng.random() < 0.5:
            keys = rng.sample(names, len(names))
            found = {key: found[key] for key in keys if found[key] is not None}
        objects.append(found)
    if rng.random() < 0.5:
        name, text = "a.json", json.dumps(objects, ensure_ascii=rng.random() < 0.5)
    else:
        lines = [json.dumps(found) + rng.choice(("\n", "\r\n", "\n\n")) for found in objects]
        name, text = rng.choice(("a.jsonl", "a.ndjson", "a.json")), "".join(lines)
    return OddFile("JSON", name, name, text.encode(), {}, [values, known(content.labels)])


def npz_archive(rng):
    """Arrays of NumPy, padded, of several types and orders."""
    content = draw_content(rng)
    lengths = [len(series) for series in content.series]
    x = np.full((len(lengths), max(lengths), 2), np.nan if rng.random() < 0.5 else 7.0)
    for row, series in zip(x, content.series, strict=True):
        row[: len(series)] = series
    numbers = {name: number for number, name in enumerate(CLASSES)}
    labels = [None if label is None else numbers[label] for label in content.labels]
    y = np.array([-1 if label is None else label for label in labels], rng.choice(("i4", "f8")))
    if rng.random() < 0.3:
        y = np.array([label or "" for label in content.labels])
        labels = content.labels
    if set(y.tolist()) == {-1, 1}:
        return npz_archive(rng)
    arrays = {"x": np.asfortranarray(x) if rng.random() < 0.5 else x, "y": y}
    arrays["lengths"] = np.array(lengths, rng.choice(("i8", "u1", "f8")))
    stream = io.BytesIO()
    rng.choice((np.savez, np.savez_compressed))(stream, **arrays)
    return OddFile(
        ".npz", "arrays", "a.npz", stream.getvalue(), {}, [content.series, known(labels)]
    )


def ts_file(rng):
    """A file of the UCR and UEA archives, with blank lines, comments and missing values."""
    content = draw_content(rng)
    lines = [
        "# a comment",
        "@problemName odd",
        f"@classLabel true {' '.join(CLASSES)}",
        "",
        "@data",
    ]
    values = []
    for series, label in zip(content.series, content.labels, strict=True):
        values.append([list(step) for step in series])
        cells = [[str(step[channel]) for step in series] for channel in range(2)]
        if rng.random() < 0.3:
            step = rng.randrange(len(series))
            cells[0][step], values[-1][step][0] = "?", None
        lines.append(":".join([*map(",".join, cells), label or "?"]))
        lines += [rng.choice(("", "% said by hand"))] if rng.random() < 0.2 else []
    text = rng.choice(("\n", "\r\n")).join([*lines, ""])
    labels = known(content.labels)
    return OddFile(".ts", "as the archives", "a.ts", text.encode(), {}, [values, labels])


WORDS = ("fish", "and chips", 'a "quote"', "zwei; drei", "हिन्दी", "line\nbreak", "tab\there", "")


def document_table(rng):
    """Documents with quotes, breaks of lines, delimiters and scripts, and columns around them."""
    texts = [" ".join(rng.choices(WORDS, k=3)) for _ in range(rng.randint(2, 8))]
    labels = [rng.choice((*CLASSES, None)) for _ in texts]
    none = rng.choice(NO_LABELS)
    names = ["text", rng.choice(NAMES["label"]), "stars"]
    rows = [[t, none if y is None else y, "5"] for t, y in zip(texts, labels, strict=True)]
    names, rows = shuffled(rng, names, rows)
    ending, separator = rng.choice(((".csv", ","), (".tsv", "\t")))
    if rng.random() < 0.3:
        lines = [json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows]
        return OddFile("documents", "JSON", "d.jsonl", "".join(lines).encode(), {}, [texts, labels])
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *rows])
    data = stream.getvalue().encode()
    return OddFile("documents", "a table", f"d{ending}", data, {}, [texts, labels])


def idx_images(rng):
    """Images of MNIST's format."""
    shape = (rng.randint(1, 4), 3, 2)
    pixels = [rng.randrange(256) for _ in range(int(np.prod(shape)))]
    data = struct.pack(">4I", 0x0803, *shape) + bytes(pixels)
    expected = np.array(pixels, "float64").reshape(shape).tolist()
    return OddFile("IDX", "images", "images", data, {}, [expected, None])


def _size_of_delta(ticks):
    """A number of ticks in the groups of seven bits that MIDI has."""
    groups = [ticks & 0x7F]
    while ticks := ticks >> 7:
        groups.append(ticks & 0x7F | 0x80)
    return bytes(reversed(groups))


def midi_file(rng):
    """Notes on eighths, ended by note-offs or by strokes of velocity zero, with running status."""
    division, events = rng.choice((24, 96, 480)), []
    steps = rng.randint(2, 12)
    roll = np.zeros((steps, 88))
    for key in rng.sample(range(21, 109), rng.randint(1, 5)):
        start = rng.randrange(steps)
        stop = rng.randint(start + 1, steps)
        roll[start:stop, key - 21] = 1
        off = rng.choice((b"\x90%c\0", b"\x80%c\x40"))
        events += [(start, 1, b"\x90%c\x50" % key), (stop, 0, off % key)]
    roll = roll[: max(stop for stop, _, _ in events)]
    track, last, status = b"", 0, None
    for step, _, event in sorted(events):
        track += _size_of_delta((step - last) * division // 2)
        runs = rng.random() < 0.5 and event[:1] == status
        track += event[1:] if runs else event
        last, status = step, event[:1]
    track += b"\0\xff\x2f\0"
    data = b"MThd" + struct.pack(">I3H", 6, rng.randrange(2), 1, division)
    data += b"MTrk" + struct.pack(">I", len(track)) + track
    return OddFile("MIDI", "notes", "a.mid", data, {}, [roll.tolist(), None])


VOCABULARY = ("fish", "sea", "élan", "हिन्दी", "bad-word")


def word_vectors(rng):
    """Vectors of words, with blank lines between them."""
    size, words = rng.randint(2, 5), rng.sample(VOCABULARY, 3)
    vectors = {word: [round(rng.uniform(-1, 1), 3) for _ in range(size)] for word in words}
    lines = [f"{word} {' '.join(map(str, vector))}" for word, vector in vectors.items()]
    lines = [line for pair in lines for line in (pair, *rng.choice(([], [""])))]
    text = rng.choice(("\n", "\r\n")).join([*lines, ""])
    settings = {"size": size}
    return OddFile("word vectors", "text", "v.txt", text.encode(), settings, [vectors, None])


# Damage, each of which leaves a file that says nothing right any more.


def _lines(odd):
    return odd.content.decode("utf-8-sig").splitlines(keepends=True)


def _joined(lines):
    return "".join(lines).encode()


def _row(rng, lines, first=1):
    return rng.choice([n for n in range(first, len(lines)) if lines[n].strip(' \t\r\n,;"')])


def _end(line):
    return line[len(line.rstrip("\r\n")) :]


def more_cells(rng, odd):
    """A row with a cell more than the header."""
    lines, separator = (
        _lines(odd),
        {"a.tsv": "\t"}.get(odd.name, odd.settings.get("delimiter", ",")),
    )
    n = _row(rng, lines)
    lines[n] = lines[n].rstrip("\r\n") + f"{separator}1{separator}2" + _end(lines[n])
    return _joined(lines)


def open_quote(rng, odd):
    """A quote that no other closes."""
    lines = _lines(odd)
    n = _row(rng, lines)
    if '"' in lines[n]:
        lines[n] = '"'.join(lines[n].rsplit('"', 1)[:1]) + _end(lines[n])
    else:
        lines[n] = '"' + lines[n]
    return _joined(lines)


def wrong_bytes(rng, odd):
    """A byte that is not UTF-8."""
    at = rng.randrange(4, len(odd.content))
    return odd.content[:at] + b"\xff" + odd.content[at:]


def wrong_number(rng, odd):
    """A channel whose cell is not a number."""
    lines = _lines(odd)
    places = [(n, m) for n in range(1, len(lines)) for m in _numbers(lines[n])]
    n, (start, stop) = rng.choice(places)
    word = rng.choice(("1_000", "12-3", "0x1F", "1e", "--5", "1.2.3", "five", "٣.٥", "1 2"))
    lines[n] = lines[n][:start] + word + lines[n][stop:]
    return _joined(lines)


def _numbers(line):
    """The places of values with three decimals at most, which only channels have."""
    return [match.span() for match in re.finditer(r"(?<![\d.:T-])-?\d+\.\d+(?![\d.:+])", line)]


def cut_short(rng, odd):
    """The last bytes missing."""
    return odd.content[: rng.randrange(8, len(odd.content) - 1)]


def repeated_name(rng, odd):
    """Two columns of one name."""
    lines = _lines(odd)
    for name in ("speed", "load"):
        other = {"speed": "load", "load": "speed"}[name]
        if other in lines[0]:
            lines[0] = lines[0].replace(other, name)
            return _joined(lines)
    return None


def nested(rng, odd):
    """A list instead of a number, or thousands of brackets."""
    if rng.random() < 0.5:
        return b"[" * 50_000 + odd.content
    return odd.content.replace(b'"speed": ', b'"speed": [1, 2], "x": ', 1)


def not_zip(rng, odd):
    """Bytes of the archive's directory or of its end exchanged."""
    at = len(odd.content) - rng.randrange(1, 22)
    return odd.content[: at - 40]


def wrong_header(rng, odd):
    """A header of MIDI with another name, length or division."""
    header = rng.choice((b"MThX\0\0\0\6", b"MThd\0\0\0\2", None))
    if header is None:
        return odd.content[:12] + b"\0\0" + odd.content[14:]
    return header + odd.content[8:]


def wrong_count(rng, odd):
    """A header that counts more images than there are."""
    return odd.content[:4] + struct.pack(">I", rng.randint(5, 2**31)) + odd.content[8:]


def unknown_class(rng, odd):
    """A row that ends with a class which the header does not name."""
    lines = _lines(odd)
    rows = [n for n in range(5, len(lines)) if ":" in lines[n]]
    n = rng.choice(rows)
    lines[n] = lines[n].rsplit(":", 1)[0] + ":flying" + _end(lines[n])
    return _joined(lines)


DAMAGE = {
    long_table: (more_cells, open_quote, wrong_bytes, wrong_number, repeated_name),
    wide_table: (more_cells, wrong_bytes, wrong_number),
    json_table: (wrong_bytes, nested),
    npz_archive: (not_zip,),
    ts_file: (wrong_number, unknown_class),
    document_table: (wrong_bytes,),
    idx_images: (cut_short, wrong_count),
    midi_file: (cut_short, wrong_header),
    word_vectors: (wrong_bytes, wrong_number),
}
KINDS = (*DAMAGE, decimal_table)


def odd_files(seed=0, each=100, damaged=40):
    """Yields `each` odd files of each kind, and `damaged` of each kind of damage."""
    for make in KINDS:
        rng = random.Random(f"{make.__name__} {seed}")
        for _ in range(each):
            yield make(rng)
        for damage in DAMAGE.get(make, ()):
            made = 0
            while made < damaged:
                odd = make(rng)
                content = damage(rng, odd)
                if content is None or content == odd.content:
                    continue
                made += 1
                story = damage.__doc__.rstrip(".")
                yield odd._replace(story=story, content=content, expected=REFUSED)

"""Documents: the user's own files, 20 Newsgroups, and how they become numbers."""

import os
import sys
import time
import unicodedata
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import sparse

from keras_vrae import datasets
from keras_vrae.datasets import TableSettings, reachable
from keras_vrae.datasets.pipeline import evaluation_batches, training_batches
from keras_vrae.datasets.text import newsgroups
from keras_vrae.datasets.text.corpus import Corpus
from keras_vrae.datasets.text.documents import fit_counter, separate
from keras_vrae.datasets.text.targets import Mixture, nearest, weigh
from keras_vrae.layers import TextVectorizer
from keras_vrae.validation import DataError, SettingError

WORDS = {"sea": "boat wave fish salt", "sky": "cloud bird wind star"}


def documents(count=60):
    """Texts of two classes, and their labels."""
    rng = np.random.default_rng(0)
    labels = [("sea", "sky")[number % 2] for number in range(count)]
    return [" ".join(rng.choice(WORDS[label].split(), 6)) for label in labels], labels


def write(path, kind):
    texts, labels = documents()
    if kind == "folder":
        for number, (text, label) in enumerate(zip(texts, labels, strict=True)):
            (path / label).mkdir(exist_ok=True)
            (path / label / f"{number:03d}.txt").write_text(text)
        return path
    separator = {"csv": ",", "tsv": "\t"}.get(kind)
    pairs = list(zip(texts, labels, strict=True))
    lines = {
        "jsonl": [f'{{"text": "{text}", "label": "{label}"}}' for text, label in pairs],
        "txt": texts,
    }.get(kind)
    if separator:
        lines = [f"label{separator}text", *(f"{label}{separator}{text}" for text, label in pairs)]
    file = path / f"corpus.{kind}"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.mark.parametrize("kind", ["folder", "csv", "tsv", "jsonl", "txt"])
def test_every_kind_of_file(tmp_path, kind):
    splits = datasets.load(f"text:{write(tmp_path, kind)}")
    assert [part.size for part in splits[:3]] == [36, 12, 12]
    assert splits.spec.text.vocabulary == tuple(sorted(" ".join(WORDS.values()).split()))
    assert all(sparse.issparse(part.x) for part in splits[:3])
    assert splits.train.x.sum() == 6 * 36
    if kind == "txt":
        assert splits.spec.num_classes == 0
        assert set(splits.train.y) == {-1}
        return
    assert splits.spec.class_names == ("sea", "sky")
    sea = np.isin(splits.spec.text.vocabulary, WORDS["sea"].split())
    for part in splits[:3]:
        np.testing.assert_array_equal(part.x.toarray()[:, sea].sum(axis=1) > 0, part.y == 0)


def test_errors_name_file_and_line(tmp_path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"text,label\nfine,x\nno\xff,x\n")
    with pytest.raises(DataError, match=r"a\.csv, line 3 must be UTF-8"):
        list(Corpus(file))
    file.write_text("words,label\nfine,x\n")
    with pytest.raises(DataError, match=r"must have a column `text`\. Received: words, label"):
        list(Corpus(file))
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"text": "fine"}\n{"text": \n')
    with pytest.raises(DataError, match=r"a\.jsonl, line 2 must be a JSON object"):
        list(Corpus(lines))
    with pytest.raises(SettingError, match="`dataset` must be text:PATH"):
        Corpus(tmp_path / "none")


def read(path, text, **table):
    path.write_text(text)
    return [(found.text, found.label) for found in Corpus(path, TableSettings(**table))]


def test_tables_of_documents(tmp_path):
    file = tmp_path / "a.csv"
    expected = [("one, two", "Good"), ("three\nfour", None), ("five", None)]
    text = '\ufeff text ,score,Class\n"one, two",1,Good\n"three\nfour",2,\nfive,3,-1\n'
    assert read(file, text) == expected
    corpus = Corpus(file)
    list(corpus)
    assert corpus.read_as == "documents `text`, labels `Class`, left out `score`"
    assert read(file, text.replace("Class", "kind"), label_column="kind") == expected
    assert [label for _, label in read(file, text, label_column="")] == [None] * 3
    assert read(file, "text;label\nfive;x\n", delimiter=";") == [("five", "x")]
    rows = ['{"text": "a", "label": NaN}', '{"text": "b", "label": 1.0}', '{"text": "c"}']
    labels = [("a", None), ("b", "1"), ("c", None)]
    assert read(tmp_path / "a.jsonl", "\n".join(rows)) == labels
    assert read(tmp_path / "a.json", f"[{','.join(rows)}]") == labels


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("text,label\nfine,x\none, two,x\n", "line 3: a row must have 2 cells"),
        ("text,label\nfine\n", "line 2: a row must have 2 cells"),
        ('text,label\nfine,x\n"open,x\nnext,y\n', "line 3 cannot be read: the quote that opens"),
        ('text,label\n"open,x\nnext,"y\n', "line 2 cannot be read"),
        ("text;label\nfine;x\n", "`delimiter` must be ';'"),
        ("text,label,label\nfine,x,y\n", "columns of different names"),
    ],
)
def test_faulty_tables_of_documents_are_refused(tmp_path, text, words):
    with pytest.raises(DataError, match=words):
        read(tmp_path / "a.csv", text)


def test_scores_make_no_classes(tmp_path):
    texts, _ = documents()
    rows = [f"{text},{number / 4}" for number, text in enumerate(texts)]
    (tmp_path / "a.csv").write_text("\n".join(["text,target", *rows]))
    splits = datasets.load(f"text:{tmp_path / 'a.csv'}")
    assert splits.spec.num_classes == 0
    assert "labels are targets, as they are fractions" in splits.spec.notes["remarks"][0]


def test_deep_nesting_and_links_in_a_circle_are_refused(tmp_path):
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"text": "fine"}\n{"text": ' + "[" * 50_000 + "]" * 50_000 + "}\n")
    with pytest.raises(DataError, match=r"a\.jsonl, line 2 must be JSON of 100 levels"):
        list(Corpus(lines))
    folder = write_folder(tmp_path)
    (folder / "sea" / "loop").symlink_to("..")
    with pytest.raises(DataError, match=r"sea/loop must be a link out of the folders"):
        list(Corpus(folder))


def write_folder(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    return write(folder, "folder")


def test_linked_folders_are_read_and_files_outside_of_classes_are_named(tmp_path):
    folder = write_folder(tmp_path)
    expected = [(doc.text, doc.label) for doc in Corpus(folder)]
    (folder / "sky").rename(tmp_path / "elsewhere")
    (folder / "sky").symlink_to(tmp_path / "elsewhere")
    assert [(doc.text, doc.label) for doc in Corpus(folder)] == expected
    (folder / "README").touch()
    corpus = Corpus(folder)
    assert [(doc.text, doc.label) for doc in corpus] == expected
    (remark,) = datasets.load(f"text:{folder}").spec.notes["remarks"]
    assert remark.startswith("left out: 1 files of ")
    assert remark.endswith(" such as README")


def test_empty_documents_are_dropped_and_counted(tmp_path):
    texts, _ = documents()
    file = tmp_path / "corpus.txt"
    file.write_text("\n".join([*texts, "", "!!!", "the of"]) + "\n")
    splits = datasets.load(f"text:{file}")
    assert splits.spec.text.manifest["empty_documents_dropped"] == 3
    assert sum(splits.spec.text.manifest["documents"].values()) == 60
    file.write_text("boat\n" * 12)
    with pytest.raises(DataError, match="part must have 10 or more documents"):
        datasets.load(f"text:{file}")


def test_settings_of_the_vocabulary_and_the_token_view(tmp_path):
    file = write(tmp_path, "csv")
    settings = datasets.TextSettings(view="tokens", split="random", vocab_size=5, max_length=4)
    splits = datasets.load(f"text:{file}", text=settings)
    assert len(splits.spec.text.vocabulary) == 5
    assert splits.train.x.shape == (splits.train.size, 4)
    assert splits.train.x.max() == 5
    with pytest.raises(SettingError, match="`text_split` must be 'random'"):
        datasets.load(f"text:{file}", text=datasets.TextSettings())


def words_of_scripts():
    """Words of letters and combining marks, by script, with which names of characters begin."""
    letters, marks = {}, {}
    for character in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(character)
        script = unicodedata.name(character, " ").split()[:1]
        if script and category[0] == "M":
            marks.setdefault(script[0], []).append(character)
        elif script and category in ("Lo", "Ll", "Lm") and character.lower() == character:
            letters.setdefault(script[0], []).append(character)
    rng = np.random.default_rng(0)
    words = {}
    for script, found in marks.items():
        some = rng.choice(letters.get(script, ["e", "n"]), (12, 3))
        signs = rng.choice(found, (12, 3))
        words[script] = {
            "".join(np.stack(pair, 1).ravel()) for pair in zip(some, signs, strict=True)
        }
    return words


SCRIPTS = words_of_scripts()


def test_words_with_combining_marks_are_whole_in_vocabulary_and_served_graph(tmp_path):
    assert len(SCRIPTS) > 80
    assert {"DEVANAGARI", "BENGALI", "TELUGU", "THAI", "ARABIC", "HEBREW"} < set(SCRIPTS)
    separators = [", ", " - ", "\u3001", "\u0964", ". \u0301", "\u00a0"]
    file = tmp_path / "corpus.txt"
    lines = []
    for number, words in enumerate(SCRIPTS.values()):
        between = separators[number % len(separators)]
        lines += [between.join(sorted(words)) + between] * 3
    file.write_text("\n".join(lines), "utf-8")
    settings = datasets.TextSettings(split="random", stop_words="none")
    splits = datasets.load(f"text:{file}", text=settings)
    vocabulary = splits.spec.text.vocabulary
    expected = {word for words in SCRIPTS.values() for word in words}
    assert set(vocabulary) <= expected
    assert len(vocabulary) > 0.8 * len(expected)

    layer = TextVectorizer(vocabulary)
    archive = keras.export.ExportArchive()
    layer.lookup(tf.constant([""]))  # A layer that was never called is not tracked.
    archive.track(layer.lookup)
    archive.add_endpoint("counts", layer.call, [tf.TensorSpec((None,), tf.string, "texts")])
    archive.write_out(str(tmp_path / "served"), verbose=False)
    served = tf.saved_model.load(str(tmp_path / "served")).counts(tf.constant(lines)).numpy()
    for line, counts in zip(lines, served, strict=True):
        found = {vocabulary[index] for index in np.flatnonzero(counts)}
        assert found == {word for word in vocabulary if word in line}
    rows = np.concatenate([part.x.toarray() for part in splits[:3]])
    known = served[served.any(axis=1)]
    assert sorted(map(tuple, rows)) == sorted(map(tuple, known))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में लिखा।", ["हिन्दी", "में", "लिखा"]),
        ("বাংলা, ভাষা", ["বাংলা", "ভাষা"]),
        ("తెలుగు-భాష", ["తెలుగు", "భాష"]),
        ("ภาษาไทย ที่นี่", ["ภาษาไทย", "ที่นี่"]),
        ("شَدَّة (عربي)", ["شَدَّة", "عربي"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("Cafe\u0301, CAFÉ", ["cafe\u0301", "café"]),
        ("\u0301\u0301 \u2764\ufe0f\u200d\U0001f525 ab", ["ab"]),  # Marks on nothing, an emoji.
        ("before\0after\0", ["before", "after"]),
        ("half\ud800pair", ["half", "pair"]),
        ("ΟΔΟΣ İstanbul Ⱟⱟ", ["οδος", "i\u0307stanbul"]),
    ],
)
def test_words_of_a_text(text, words):
    (separated,) = separate([text])
    assert separated.split(" ")[1 : len(words) + 1] == words
    counter = fit_counter([text], datasets.TextSettings(stop_words="none"))
    assert set(words) <= set(counter.get_feature_names_out())
    layer = TextVectorizer(words, "tokens", max_length=len(words) + 1)
    assert layer(separate([text])).numpy().tolist() == [[*range(1, len(words) + 1), 0]]


def test_a_null_byte_does_not_end_a_served_text():
    counts = TextVectorizer(["boat", "wave"])(["boat\0wave", "\0boat\0\0"])
    np.testing.assert_array_equal(counts, [[1, 1], [1, 0]])


def test_batches_of_sparse_rows_and_of_mixtures():
    x = sparse.random(11, 5, 0.5, "csr", random_state=0, dtype="float32")
    split = datasets.Split(x, np.arange(11))
    (batch,) = evaluation_batches(split, 20)
    np.testing.assert_array_equal(tf.sparse.to_dense(batch), x.toarray())
    neighbours = np.array([[(row + 1) % 11, (row + 3) % 11] for row in range(11)])
    target = Mixture(x, neighbours, 0.6)
    expected = 0.4 * x.toarray() + 0.6 * x.toarray()[neighbours].mean(axis=1)
    seen = []
    batches = training_batches(split, 4, 0, with_labels=True, target=target)
    for (rows, targets), labels in batches.take(3):
        np.testing.assert_array_equal(tf.sparse.to_dense(rows), x.toarray()[labels])
        np.testing.assert_allclose(targets, expected[labels], rtol=1e-5)
        seen += labels.numpy().tolist()
    assert sorted(seen) == list(range(11))


def test_targets_weigh_rare_words_more_and_long_documents_no_more():
    counts = sparse.csr_matrix([[4, 1, 0], [1, 0, 0], [1, 0, 1]], dtype="float32")
    weights = weigh(counts, length=10.0, idf_power=2.0).toarray()
    np.testing.assert_allclose(weights.sum(axis=1), 10, rtol=1e-6)
    idf = np.log(4 / (1 + np.array([3, 1, 1]))) + 1
    np.testing.assert_allclose(weights[2, 2] / weights[2, 0], (idf[2] / idf[0]) ** 2, rtol=1e-5)
    assert weigh(counts, "counts") is not weights
    np.testing.assert_array_equal(weigh(counts, "counts").toarray(), counts.toarray())
    codes = np.random.default_rng(0).normal(size=(12, 3))
    unit = codes / np.linalg.norm(codes, axis=1, keepdims=True)
    cosines = unit @ unit.T - 9 * np.eye(12)
    for row, found in zip(cosines, nearest(codes, 4), strict=True):
        assert set(found) == set(np.argsort(-row)[:4])


def test_newsgroups_without_network_fail_within_seconds(tmp_path, monkeypatch):
    monkeypatch.setattr(reachable, "NETWORK_TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(newsgroups, "ARCHIVE", "http://name.invalid")
    begin = time.perf_counter()
    with pytest.raises(DataError, match=r"'newsgroups' is not available.*--data_dir=FOLDER"):
        datasets.load("newsgroups", tmp_path)
    assert time.perf_counter() - begin < 15


@pytest.mark.slow
def test_newsgroups_by_date():
    folder = os.environ.get("KERAS_VRAE_TEST_DATA")
    if not folder:
        pytest.skip("KERAS_VRAE_TEST_DATA does not name a folder with newsgroups/")
    splits = datasets.load("newsgroups", Path(folder, "newsgroups"))
    assert [part.size for part in splits[:3]] == [10183, 1131, 7532]
    assert splits.train.x.shape[1] == len(splits.spec.text.vocabulary) == 10_000
    assert splits.spec.num_classes == 20
    assert "the" not in splits.spec.text.vocabulary
    assert newsgroups.subject_line("From: a\nSubject: Re: cars\n\ntext") == "Re: cars"

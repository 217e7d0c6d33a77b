"""Files and names from elsewhere are data: nothing in them runs, and no path leaves its folder."""

import ast
import json
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
from conftest import ROOT
from report.explored_runs import add_model, model_of
from report.test_report import make_run

import keras_vrae
from keras_vrae import report
from keras_vrae.training import ExperimentConfig, RunDirectory
from keras_vrae.validation import DataError, SettingError

FILES = [
    path
    for folder in ("keras_vrae", "export", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
REFUSED_CALLS = {"eval", "exec", "compile", "__import__"}
REFUSED_MODULES = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml"}
HOSTILE = "</title><script src=//a.b></script><i onload=x>"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_can_execute_what_it_reads(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            assert getattr(node.func, "id", None) not in REFUSED_CALLS
            for keyword in node.keywords:
                value = getattr(keyword.value, "value", None)
                assert (keyword.arg, value) not in {("allow_pickle", True), ("safe_mode", False)}
                assert (keyword.arg, value) != ("shell", True)
        elif isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & REFUSED_MODULES
        elif isinstance(node, ast.ImportFrom):
            assert node.module.split(".")[0] not in REFUSED_MODULES


class Elements(HTMLParser):
    """What a browser would make of a page, as far as it could run or load something."""

    def __init__(self):
        super().__init__()
        self.attributes, self.text, self.scripts, self.data = [], "", [], []
        self._script = None

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag == "script":
            is_data = ("type", "application/json") in attrs
            self._script = self.data if is_data else self.scripts

    def handle_endtag(self, tag):
        self._script = None

    def handle_data(self, data):
        if self._script is None:
            self.text += data
        else:
            self._script.append(data)


def hostile_report(folder, text):
    """The path of a report on a run on documents whose names and titles are all this text."""
    path = make_run(folder, "dense")
    for name in ("config.json", "metrics.json"):
        content = json.loads((path / name).read_text())
        content.update(device=text, versions={text: text})
        (path / name).write_text(json.dumps(content))
    with np.load(path / "figures" / "arrays.npz") as arrays:
        arrays = dict(arrays)
    size = len(arrays["labels"])
    arrays["class_names"] = np.array([text] * 10)
    arrays["map"], arrays["map_rows"] = arrays["codes"], np.arange(size)
    arrays["titles"] = np.array([text] * size)
    np.savez(path / "figures" / "arrays.npz", **arrays)
    written, _ = report.write([path], folder / "out")
    return written / "report.html"


def test_hostile_names_stay_text_in_the_report(tmp_path):
    path = hostile_report(tmp_path, HOSTILE)
    page = Elements()
    page.feed(path.read_text())
    # The one script is that of the package.
    assert page.scripts == [report.explorer.script()]
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    loaded = [value for name, value in page.attributes if name in ("src", "href")]
    assert all(value.startswith("data:image/png;base64,") for value in loaded)
    assert HOSTILE in page.text
    assert {path.name for path in tmp_path.iterdir()} == {"dense-0", "out"}


def test_hostile_terms_stay_data_in_the_explorer(tmp_path):
    model = model_of(keras_vrae.DenseDecoder((4,), num_layers=0), keras_vrae.Multinomial())
    (tmp_path / "runs").mkdir()
    run = add_model(tmp_path / "runs", HOSTILE, model, "text", HOSTILE)
    written, _ = report.write([run], tmp_path / "out")
    page = Elements()
    page.feed((written / "report.html").read_text())
    assert page.scripts == [report.explorer.script()]
    shown, weights = map(json.loads, page.data)
    assert shown["tests"][0]["titles"][3] == f"{HOSTILE} 3"
    assert shown["tests"][0]["vocabulary"] == [f"{HOSTILE} {n}" for n in range(4)]
    assert shown["runs"][0]["name"] == HOSTILE
    assert weights["description"]["head"] == {"kind": "multinomial"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_a_keras_file_with_code_in_it_is_refused(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(DataError, match=r"model\.keras cannot be read.*[Ll]ambda"):
        RunDirectory(tmp_path).load_model(tmp_path / "model.keras")


@pytest.mark.parametrize("name", ["tfds:../../etc/passwd", "tfds:a/../../b", "tfds:/etc"])
def test_the_name_of_a_data_set_cannot_lead_a_run_elsewhere(name):
    assert "/" not in ExperimentConfig(dataset=name).name


def test_a_settings_file_may_name_settings_only(tmp_path):
    with pytest.raises(SettingError, match="`encoder` must be one of"):
        ExperimentConfig.from_dict({"encoder": "__import__('os')", "__class__": "x"})

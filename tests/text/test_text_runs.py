"""Runs of the program on documents, small ones, and what they export."""

import json
import re
import shutil

import keras
import numpy as np
import pytest
from test_documents import WORDS, write

import keras_vrae as kv
from keras_vrae import serving
from keras_vrae.serving import capi
from keras_vrae.training import ExperimentConfig, train_and_evaluate
from keras_vrae.validation import SettingError

pytest.importorskip("faiss")
pytestmark = pytest.mark.slow


def config(path, **settings):
    small = {"encoder": "dense", "hidden_units": 16, "latent_dim": 8, "epochs": 6, "batch_size": 16}
    if settings.get("encoder", "dense") != "dense":
        small.update(max_length=8, embedding_dim=6)
    return ExperimentConfig(dataset=f"text:{path}", **{**small, **settings})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write(tmp_path_factory.mktemp("corpus"), "csv")


@pytest.fixture(scope="module")
def finished(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "shared"
    settings = config(corpus, supervision="shared", neighbours=5, epochs=20)
    return folder, train_and_evaluate(settings, folder)


def test_a_run_leaves_metrics_and_plots(finished):
    folder, metrics = finished
    test = metrics["test"]
    assert test["precision_at_100_hamming"] > 0.45
    assert test["label_accuracy"] > 0.9
    assert 1 < test["perplexity"] < 50
    assert test["elbo"] == pytest.approx(-(test["reconstruction"] + test["kl"]), rel=1e-5)
    stored = json.loads((folder / "config.json").read_text())
    assert stored["data"]["vocabulary"] == 8
    assert re.fullmatch("[0-9a-f]{64}", stored["data"]["vocabulary_sha256"])
    names = {"embedding", "curves", "words", "neighbours", "interpolation"}
    assert {path.stem for path in (folder / "figures").glob("*.png")} == names


class Stop(keras.callbacks.Callback):
    """Ends training after the second epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def test_a_callback_ends_training_though_each_epoch_is_a_fit_of_its_own(corpus, tmp_path):
    settings = config(corpus, neighbours=5)
    assert settings.has_targets
    assert train_and_evaluate(settings, tmp_path / "run", callbacks=[Stop()])["epochs"] == 2


def test_what_is_exported_takes_strings_and_gives_the_hash_codes(finished, tmp_path):
    folder, _ = finished
    model = keras.saving.load_model(folder / "model.keras")
    texts = ["A boat, a WAVE.", "wind and cloud", "nothing of these"]
    codes = kv.hash_codes(model, model.vectorizer(texts))
    assert codes.shape == (3, 1)
    exported = serving.export_run(folder, tmp_path)
    answers = serving.verification.served_answers(
        [
            (exported.paths["encoder"], serving.requests.Request(name, {"text": np.array(texts)}))
            for name in ("hash", "encode_text")
        ]
    )
    np.testing.assert_array_equal(answers[0]["hash"], codes)
    means = model.encode(model.vectorizer(texts)).z_mean
    np.testing.assert_allclose(answers[1]["z_mean"], means, atol=1e-5)
    assert capi.NUMBERS[np.dtype(object)] == 7


def test_a_recurrent_encoder_reads_the_words_of_the_same_documents(corpus, tmp_path):
    metrics = train_and_evaluate(config(corpus, encoder="gru", epochs=2), tmp_path)
    assert 1 < metrics["test"]["perplexity"] < 50
    model = keras.saving.load_model(tmp_path / "model.keras")
    assert model.encode(model.vectorizer(["boat wave", "star"])).z_mean.shape == (2, 8)
    assert serving.export(model, tmp_path / "serving").largest_difference < 1e-5


def test_documents_without_labels_and_private_dimensions(corpus, tmp_path):
    file = tmp_path / "lines.txt"
    file.write_text("\n".join(f"{a} {b}" for a in WORDS["sea"].split() for b in "xyzuvw") * 2)
    file.write_text(" boat\n".join(WORDS["sea"].split() * 20))
    plain = train_and_evaluate(config(file, epochs=1, latent_dim=2), tmp_path / "plain")
    assert plain["test"]["knn_accuracy"] is None
    with pytest.raises(SettingError, match="`supervision` must be 'none' for data without labels"):
        train_and_evaluate(config(file, epochs=1, supervision="shared"), tmp_path / "no")
    settings = config(corpus, epochs=1, supervision="private", label_fraction=0.5)
    train_and_evaluate(settings, tmp_path / "private")
    model = keras.saving.load_model(tmp_path / "private" / "model.keras")
    assert (model.latent_dim, model.shared_dim) == (16, 8)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vocab_size", 0),
        ("text_strip", "footer"),
        ("text_split", "by_date"),
        ("text_weighting", "idf"),
        ("likelihood", "bernoulli"),
        ("min_df", 1.5),
        ("max_length", 10),
        ("supervision_weight", 2.0),
        ("neighbours", -1),
    ],
)
def test_invalid_settings(name, value):
    with pytest.raises(SettingError, match=f"`{name}` must be"):
        ExperimentConfig(dataset="text:x", encoder="dense", **{name: value})


def test_defaults_depend_on_labels_and_dimensions():
    def found(name, **settings):
        return getattr(ExperimentConfig(dataset="text:x", encoder="dense", **settings), name)

    assert [found("target_length", latent_dim=size) for size in (8, 64, 128)] == [100, 100, 250]
    assert (found("neighbours"), found("neighbours", supervision="shared")) == (100, 0)
    scales = [found("posterior_scale", supervision="shared", latent_dim=n) for n in (8, 16, 32)]
    assert scales == [0.5, 0.5, 0.8]
    assert found("balance", supervision="private", latent_dim=8, balance=1.0) == 1.0
    with pytest.raises(SettingError, match="`latent_dim` must be"):
        found("epochs", supervision="shared", latent_dim="8")


def test_settings_of_documents_are_refused_for_images():
    with pytest.raises(SettingError, match="`vocab_size` must be left out with dataset='digits'"):
        ExperimentConfig(vocab_size=100)
    with pytest.raises(SettingError, match="`likelihood` must be 'bernoulli' or 'gaussian'"):
        ExperimentConfig(likelihood="multinomial")
    assert ExperimentConfig(supervision="shared").supervision_weight == 50.0


def test_the_report_shows_the_title_of_a_document(finished, tmp_path):
    from keras_vrae import report

    folder, comparison = report.write([finished[0]], tmp_path)
    page = (folder / "report.html").read_text()
    data = re.search(r'<script type="application/json" id="explorer-data">(.*?)</script>', page)
    (shown,) = json.loads(data[1])["tests"]
    assert len(shown["titles"]) == 12
    assert all(shown["titles"])
    assert shown["classNames"] == ["sea", "sky"]
    assert len(shown["vocabulary"]) == 8
    # Without a model the titles are in a map that is not decoded.
    other = tmp_path / "other"
    shutil.copytree(finished[0], other, ignore=shutil.ignore_patterns("model.keras"))
    page = (report.write([other], tmp_path / "out")[0] / "report.html").read_text()
    titles = re.findall(r"<circle [^>]*><title>(.*?)</title></circle>", page)
    assert len(titles) == 12
    assert all(title.endswith((" [sea]", " [sky]")) for title in titles)
    assert "P@100, hash" in comparison.header_and_rows()[0]

"""Comparisons of made-up runs, so that every metric of the report is known beforehand."""

import json
import re
import webbrowser
from html.parser import HTMLParser

import numpy as np
import pytest

from keras_vrae import report
from keras_vrae.report.comparison import Comparison
from keras_vrae.report.findings import sentences
from keras_vrae.training import ExperimentConfig, RunDirectory
from keras_vrae.validation import DataError, SettingError
from keras_vrae_cli.program import main


def make_run(folder, encoder, seed=0, seconds=1.0, knn=0.8, elbo=-140.0, nll=None, **settings):
    """Writes the files of a finished run with these metrics; without labels if `knn` is None."""
    run = RunDirectory(folder / f"{encoder}-{seed}")
    config = ExperimentConfig(encoder=encoder, dataset="mnist", seed=seed, **settings)
    versions = {"versions": {"keras": "3"}, "device": "CPU, 2 cores"}
    run.write_json(run.config_path, {**config.as_dict(), **versions})
    curve = {"loss": 150.0, "reconstruction": 144.0, "kl": 6.0}
    curve = {**curve, **{f"val_{name}": value for name, value in curve.items()}}
    run.write_history([{"epoch": n, **curve, "seconds": seconds} for n in (1, 2)])
    rng = np.random.default_rng(seed)
    run.figures_path.mkdir()
    classes = [f"<{number}>" for number in range(10)] if knn else ["all"]
    arrays = {"codes": rng.normal(size=(50, 2)), "labels": np.arange(50) % len(classes)}
    names = np.array(classes)
    manifold = {"manifold": rng.random((3, 3, 4, 4))} if config.latent_dim == 2 else {}
    np.savez(
        run.arrays_path, samples=rng.random((9, 4, 4)), class_names=names, **arrays, **manifold
    )
    test = {"elbo": elbo, "reconstruction": 134.0, "kl": 6.0, "active_units": 2}
    test = {**test, "knn_accuracy": knn, "linear_probe_accuracy": knn and knn - 0.1}
    timings = {"seconds_per_epoch": seconds, "examples_per_second": 1000 / seconds}
    metrics = {"dataset": "mnist", "encoder": encoder, "seed": seed, "parameters": 1_234_567}
    evaluation = {"nll": nll, "nll_samples": 500, "nll_examples": 50} if nll else {"nll": None}
    metrics = {**metrics, **timings, "peak_memory_mb": 900.0}
    run.write_json(run.metrics_path, {**metrics, "test": test, "evaluation": evaluation})
    return run.path


@pytest.fixture
def runs(tmp_path):
    return [
        make_run(tmp_path, "dense", 0, seconds=2.0, knn=0.80, elbo=-142.0),
        make_run(tmp_path, "dense", 1, seconds=2.2, knn=0.82, elbo=-142.2),
        make_run(tmp_path, "lstm", 0, seconds=20.0, knn=0.90, elbo=-141.0),
        make_run(tmp_path, "lstm", 1, seconds=22.0, knn=0.92, elbo=-143.0),
    ]


def test_table(runs):
    header, rows = Comparison.of(runs).header_and_rows()
    dense, lstm = (dict(zip(header, row, strict=True)) for row in rows)
    assert (dense["encoder"], lstm["encoder"]) == ("dense", "lstm")
    assert dense["parameters"] == "1,234,567"
    assert dense["s / epoch"] == "2.10 ± 0.14"
    assert lstm["ELBO"] == "-142.00 ± 1.41"
    assert lstm["kNN"] == "0.910 ± 0.014"


def test_findings_weigh_differences_against_the_spread(runs):
    speed, knn, probe, elbo = sentences(Comparison.of(runs))
    assert speed == (
        "dense trains fastest: 2.10 s per epoch; an epoch takes lstm 10.0 times as long."
    )
    # The standard error of the difference is sqrt(2 * 0.0002 / 2) = 0.0141.
    assert knn == (
        "lstm embeds best by kNN accuracy: 0.910 ± 0.014, 0.100 above dense; "
        "7.1 times its standard error, more than the spread over seeds explains."
    )
    assert probe.startswith("lstm separates the classes best linearly: 0.810")
    assert "0.1 times its standard error, no more than the spread over seeds explains" in elbo


def test_one_run_each_is_said_to_prove_nothing(runs):
    knn = sentences(Comparison.of(runs[::2]))[1]
    assert "0.100 above dense" in knn
    assert "spread over seeds is unknown, so this may be chance" in knn


@pytest.mark.slow
def test_likelihoods_replace_bounds_if_all_runs_have_them(tmp_path):
    runs = [
        make_run(tmp_path, "dense", 0, nll=136.0),
        make_run(tmp_path, "dense", 1, nll=136.2),
        make_run(tmp_path, "gru", 0, nll=135.0),
    ]
    comparison = Comparison.of(runs)
    header, rows = comparison.header_and_rows()
    assert [dict(zip(header, row, strict=True))["NLL"] for row in rows] == [
        "136.10 ± 0.14",
        "135.00",
    ]
    assert sentences(comparison)[3].startswith(
        "gru has the lowest NLL: 135.00 nats, 1.10 below dense"
    )
    assert (
        "estimated from 500 importance samples" in (report.write(runs)[0] / "report.md").read_text()
    )
    runs.append(make_run(tmp_path, "lstm"))
    comparison = Comparison.of(runs)
    assert "NLL" not in comparison.header_and_rows()[0]
    assert "has the highest ELBO" in sentences(comparison)[3]


def test_the_sentence_and_the_table_say_the_same_of_speed(tmp_path):
    runs = [
        make_run(tmp_path, "dense", 0, seconds=1.0),
        make_run(tmp_path, "dense", 1, seconds=3.0),
        make_run(tmp_path, "lstm", 0, seconds=8.0),
        make_run(tmp_path, "lstm", 1, seconds=8.0),
    ]
    comparison = Comparison.of(runs)
    header, rows = comparison.header_and_rows()
    dense, lstm = (dict(zip(header, row, strict=True)) for row in rows)
    # 2 s per epoch on average against 8 s; the mean of the speeds of dense is 5.3 times that.
    assert (dense["s / epoch"], lstm["s / epoch"]) == ("2.00 ± 1.41", "8.00 ± 0.00")
    assert "speed" not in " ".join(header)
    assert "an epoch takes lstm 4.0 times as long" in sentences(comparison)[0]


def test_runs_without_labels_are_compared_by_their_bounds(tmp_path):
    runs = [
        make_run(tmp_path, "dense", elbo=-142.0, knn=None),
        make_run(tmp_path, "gru", elbo=-141.0, knn=None),
    ]
    folder, comparison = report.write(runs)
    header, rows = comparison.header_and_rows()
    assert [dict(zip(header, row, strict=True))["ELBO"] for row in rows] == ["-142.00", "-141.00"]
    _, elbo = sentences(comparison)
    assert elbo.startswith("gru has the highest ELBO: -141.00 nats, 1.00 above dense")
    for name in ("report.html", "report.md"):
        text = re.sub(r"base64,[^\"]+", "", (folder / name).read_text())
        assert "kNN" not in text
        assert "linear probe" not in text
        assert elbo in text


@pytest.mark.slow
def test_the_plot_of_one_class_names_none(tmp_path):
    found = Comparison.of([make_run(tmp_path, "dense", knn=None)])
    comparison = report.plots.comparison_plot(found)
    assert not comparison.legends
    assert not comparison.subfigs[0].axes[0].texts
    assert "a colour for each class" not in report.html.page(found)
    named = Comparison.of([make_run(tmp_path, "lstm")])
    assert len(report.plots.comparison_plot(named).legends[0].get_texts()) == 10
    assert "a colour for each class" in report.html.page(named)


def test_conditions_have_the_prior_and_need_no_data(tmp_path):
    run = make_run(tmp_path, "gru", prior="vamp", beta=0.5)
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**config, "dataset": "timeseries:/gone/x.npz"}))
    conditions = dict(Comparison.of([run]).conditions())
    assert conditions["prior"] == "vamp"
    assert conditions["objective"] == "elbo, beta 0.5, kl_schedule linear"


def test_one_run_without_labels_leaves_its_cells_empty(tmp_path):
    runs = [make_run(tmp_path, "dense"), make_run(tmp_path, "gru", knn=None)]
    header, rows = Comparison.of(runs).header_and_rows()
    assert [dict(zip(header, row, strict=True))["kNN"] for row in rows] == ["0.800", "–"]
    assert "kNN" not in " ".join(sentences(Comparison.of(runs)))


def test_a_difference_that_cannot_be_seen_is_called_none(tmp_path):
    runs = [make_run(tmp_path, "dense", knn=0.7731), make_run(tmp_path, "gru", knn=0.7734)]
    assert "kNN accuracy: 0.773, level with dense; " in sentences(Comparison.of(runs))[1]


@pytest.mark.slow
def test_one_encoder_alone(runs):
    comparison = Comparison.of(runs[:1])
    assert sentences(comparison) == ["Only one encoder, dense, was run: nothing to compare."]
    report.write(runs[:1])


class Page(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.sources += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.slow
def test_files(runs, tmp_path):
    folder, _ = report.write(runs)
    assert folder == tmp_path / "mnist-comparison"
    assert {path.name for path in folder.iterdir()} == {
        *("report.html", "report.md", "comparison.png", "validation.png"),
    }
    text = (folder / "report.html").read_text()
    page = Page(text)
    assert page.open == []
    assert len(page.sources) == 2 * 3 + 1
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert 'name="viewport"' in text
    markdown = (folder / "report.md").read_text()
    for part in ("0.910 ± 0.014", "dense and lstm on mnist"):
        assert part in text
        assert part in markdown
    for plot in re.findall(r"\]\((.*?)\)", markdown):
        assert (folder / plot).is_file()


@pytest.mark.slow
def test_latent_spaces_without_a_plane_have_no_manifold(tmp_path):
    runs = [
        make_run(tmp_path, encoder, latent_dim=2 + n) for n, encoder in enumerate(("dense", "gru"))
    ]
    text = (report.write(runs)[0] / "report.html").read_text()
    assert "Embeddings" in text
    assert "Manifolds" not in text
    assert "settings that differ" in text


@pytest.mark.slow
def test_grey_levels_have_no_bound(tmp_path):
    runs = [
        make_run(tmp_path, encoder, elbo=None, binarization="none") for encoder in ("dense", "gru")
    ]
    comparison = Comparison.of(runs)
    assert not any("ELBO" in sentence for sentence in sentences(comparison))
    assert "no bound" in (report.write(runs)[0] / "report.md").read_text()


def test_bounds_on_different_things_are_not_ranked(tmp_path):
    runs = [
        make_run(tmp_path, "dense", elbo=-140.0),
        make_run(tmp_path, "gru", elbo=2000.0, likelihood="gaussian"),
    ]
    comparison = Comparison.of(runs)
    assert not any("ELBO" in sentence for sentence in sentences(comparison))
    conditions = dict(comparison.conditions())
    assert conditions["likelihood"] == (
        "bernoulli, binarization dynamic; gaussian, binarization none"
    )
    assert conditions["settings that differ"] == "likelihood, likelihood_scale, binarization"


def test_runs_of_one_encoder_differ_in_their_seed_alone(runs, tmp_path):
    with pytest.raises(SettingError, match=r"seed alone\. Received: 2 of dense with seeds 0, 0"):
        report.write([runs[0], runs[0]])
    other = make_run(tmp_path, "dense", seed=5, latent_dim=3)
    with pytest.raises(SettingError, match="with seeds 0, 5 that differ in latent_dim"):
        report.write([runs[0], other])


def test_runs_of_unlike_settings_are_refused(runs, tmp_path):
    with pytest.raises(DataError, match=r"not a finished run: it has no metrics\.json"):
        report.write([tmp_path / "nowhere"])
    metrics = RunDirectory(runs[0]).metrics_path
    content = json.loads(metrics.read_text())
    metrics.write_text(json.dumps({**content, "dataset": "digits"}))
    with pytest.raises(SettingError, match=r"one data set\. Received: digits, mnist"):
        report.write(runs)
    without_speed = {name: content[name] for name in content if name != "examples_per_second"}
    for damaged in (
        "{",
        "[]",
        '{"dataset": "mnist"}',
        json.dumps({**content, "evaluation": [1]}),
        "\0",
        json.dumps(without_speed),
    ):
        metrics.write_text(damaged)
        with pytest.raises(DataError, match=r"metrics\.json"):
            report.write(runs)
    metrics.write_text(json.dumps(content))
    arrays = RunDirectory(runs[1]).arrays_path
    for damaged in (arrays.read_bytes()[:100], b"", b"PK"):
        arrays.write_bytes(damaged)
        with pytest.raises(DataError, match=r"arrays\.npz cannot be read"):
            report.write(runs)


@pytest.mark.slow
def test_program(runs, tmp_path, capsys):
    def run(*arguments):
        return main("report", "keras_vrae.report", list(map(str, arguments)))

    assert run(*runs, f"--output={tmp_path / 'out'}") == 0
    assert (tmp_path / "out" / "report.html").is_file()
    assert run(*runs, tmp_path / "out", f"--output={tmp_path / 'out'}") == 0
    capsys.readouterr()
    assert run(tmp_path) == 1
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("keras_vrae.report: ")


@pytest.mark.slow
def test_the_program_opens_the_report(runs, tmp_path, capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address) or len(asked) < 2)
    arguments = [str(runs[0]), f"--output={tmp_path / 'out'}"]
    assert main("report", "keras_vrae.report", arguments) == 0
    assert asked == []
    assert main("report", "keras_vrae.report", [*arguments, "--open"]) == 0
    assert asked == [(tmp_path / "out" / "report.html").as_uri()]
    assert "No web browser" not in capsys.readouterr().out
    assert main("report", "keras_vrae.report", [*arguments, "--open"]) == 0
    assert "No web browser was found" in capsys.readouterr().out

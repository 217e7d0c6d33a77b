"""Plots show the values that they get, at the right place."""

import numpy as np
import pytest

from keras_vrae import plots
from keras_vrae.validation import SettingError

NAMES = tuple("abc")


def codes(dimensions, size=90):
    rng = np.random.default_rng(0)
    return rng.normal(size=(size, dimensions)), np.arange(size) % 3


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_embedding_shows_every_point_and_class_once(dimensions, tmp_path):
    figure = plots.embedding(*codes(dimensions), NAMES, "title")
    axes = figure.axes[0]
    handles, labels = axes.get_legend_handles_labels()
    assert tuple(labels) == NAMES
    assert len({tuple(handle.get_facecolor()[0]) for handle in handles}) == 3
    points = np.concatenate([collection.get_offsets() for collection in axes.collections])
    assert len(points) == 90
    if dimensions == 2:
        shown, drawn = (np.sort(array, axis=0) for array in (points, codes(2)[0]))
        np.testing.assert_allclose(shown, drawn)
    assert ("principal component" in axes.get_xlabel()) == (dimensions > 2)
    figure.savefig(tmp_path / "figure.png")


def test_more_classes_than_colours_differ_by_marker():
    points, labels = np.zeros((30, 2)), np.arange(30)
    figure = plots.embedding(points, labels, [str(number) for number in range(30)])
    axes = figure.axes[0]
    handles, _ = axes.get_legend_handles_labels()
    looks = {(tuple(h.get_facecolor()[0]), h.get_paths()[0].vertices.tobytes()) for h in handles}
    assert len(looks) == 30


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, -1, -1]])
def test_document_map_shows_documents_without_a_label(labels):
    figure = plots.document_map(np.eye(3, 2), np.array(labels), NAMES)
    _, names = figure.axes[0].get_legend_handles_labels()
    assert names == (["no label"] if -1 in labels else []) + list(NAMES)
    points = [collection.get_offsets() for collection in figure.axes[0].collections]
    assert sum(map(len, points)) == 3


# Images, of which a sheet is one image.


def sheet(figure):
    return np.asarray(figure.axes[0].images[0].get_array())


def test_the_plane_has_the_second_dimension_upwards():
    images = np.zeros((3, 3, 2, 2))
    images[2, 0] = 1.0  # Highest second dimension, lowest first one.
    drawn = sheet(plots.plane(images))
    assert drawn.shape == (8, 8)
    assert (drawn[:2, :2] == 0).all()  # Ink is dark.
    assert drawn.sum() == 64 - 4


@pytest.mark.parametrize("count", [1, 5, 16])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_samples_of_images_are_laid_out_in_a_square(count, channels):
    drawn = sheet(plots.samples(np.full((count, 4, 4, *channels), 0.25)))
    side = int(np.ceil(np.sqrt(count)))
    assert drawn.shape[1] == 5 * side - 1
    inked = np.isclose(drawn, 0.25 if channels else 0.75)
    assert inked.sum() == count * 16 * (3 if channels else 1)


def test_reconstructions_of_images_stand_below_their_originals():
    originals, copies = np.full((13, 2, 2), 1.0), np.full((13, 2, 2), 0.5)
    drawn = sheet(plots.reconstructions(originals, copies))
    # Ten pairs, and three in the last two rows.
    np.testing.assert_array_equal(drawn[:2, 27:29], 0.0)
    np.testing.assert_array_equal(drawn[3:5, 27:29], 0.5)
    np.testing.assert_array_equal(drawn[8:10, :2], 0.0)
    np.testing.assert_array_equal(drawn[11:13, :2], 0.5)
    np.testing.assert_array_equal(drawn[11:13, 9:], 1.0)


# Series, rolls and tokens.


def lines(axes):
    return [line.get_ydata() for line in axes.lines if len(line.get_ydata())]


def test_series_have_a_panel_each_and_a_line_for_each_channel():
    series = np.random.default_rng(0).normal(size=(7, 4, 2))
    figure = plots.samples(series, kind="series")
    drawn = [lines(axes) for axes in figure.axes]
    np.testing.assert_array_equal(drawn[:7], series.transpose(0, 2, 1))
    assert drawn[7:] == [[]] * 3
    assert [axes.axison for axes in figure.axes] == [True] * 7 + [False] * 3


def test_reconstructions_of_series_end_with_their_steps():
    originals, copies = np.zeros((2, 5, 1)), np.ones((2, 5, 1))
    figure = plots.reconstructions(originals, copies, kind="series", lengths=[5, 3])
    original, copy = lines(figure.axes[1])
    np.testing.assert_array_equal(original, [0, 0, 0])
    np.testing.assert_array_equal(copy, [1, 1, 1])
    assert [text.get_text() for text in figure.legends[0].texts] == ["example", "reconstruction"]


def test_the_plane_of_series_keeps_its_corners():
    grid = np.arange(100.0).reshape(10, 10, 1, 1) * np.ones((3, 1))
    figure = plots.plane(grid, kind="series")
    values = [lines(axes)[0][0] for axes in figure.axes]
    assert len(values) == 64
    assert (values[0], values[7], values[56], values[63]) == (90, 99, 0, 9)


def test_continuations_of_series_and_of_rolls():
    series = np.arange(12.0).reshape(1, 2, 6, 1)
    truth = {"x": np.full((1, 4, 1), 7.0), "lengths": np.array([4])}
    first, second, true, prefix, _ = lines(
        plots.continuations(series, [2], truth, kind="series").axes[0]
    )
    np.testing.assert_array_equal([first, second], series[0, ..., 0])
    np.testing.assert_array_equal(true, [7] * 4)
    np.testing.assert_array_equal(prefix, [0, 1])
    rolls = np.zeros((3, 2, 4, 88))
    rolls[:, 0] = 1.0
    figure = plots.continuations(rolls, [2] * 3, kind="roll")
    assert [np.mean(axes.images[0].get_array()) for axes in figure.axes[:3]] == [1, 1, 1]


def test_rolls_stand_next_to_their_reconstructions():
    originals, copies = np.zeros((6, 4, 88)), np.ones((6, 4, 88))
    figure = plots.reconstructions(originals, copies, kind="roll", lengths=[4, 2, 4, 4, 4, 4])
    drawn = [axes.images[0].get_array() for axes in figure.axes]
    assert [float(np.mean(roll)) for roll in drawn] == [0, 1] * 4
    assert drawn[2].shape == drawn[3].shape == (88, 2)
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["examples", "reconstructions", *[""] * 6]


def test_sequences_of_tokens_are_rows_with_a_key():
    tokens = np.array([[0, 1, 2], [2, 1, 0]])
    figure = plots.reconstructions(tokens, tokens[:, ::-1], kind="tokens", lengths=[3, 1])
    left, right, key = figure.axes
    np.testing.assert_array_equal(left.images[0].get_array().filled(-1), [[0, 1, 2], [2, -1, -1]])
    np.testing.assert_array_equal(right.images[0].get_array().filled(-1), [[2, 1, 0], [0, -1, -1]])
    assert key.get_ylabel() == "token"
    plane = plots.plane(tokens.reshape(1, 1, 6), kind="tokens")
    np.testing.assert_array_equal(plane.axes[0].images[0].get_array(), tokens.reshape(1, 6))


@pytest.mark.parametrize("kind", ["image", "series", "roll", "tokens"])
def test_every_kind_draws_on_a_part_of_another_figure(kind, tmp_path):
    from matplotlib.figure import Figure

    shape = {"image": (4, 4), "series": (6, 2), "roll": (6, 88), "tokens": (6,)}[kind]
    examples = np.random.default_rng(0).integers(0, 2, (9, *shape))
    figure = Figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    assert plots.samples(examples, "samples", kind, figure=left) is left
    plots.plane(examples.reshape(3, 3, *shape), "plane", kind, figure=right)
    figure.savefig(tmp_path / "figure.png")


def test_unknown_kinds_are_refused():
    with pytest.raises(SettingError, match="`kind` must be one of image, series, roll, tokens"):
        plots.get("text")
    plot = plots.get("series")
    assert plots.get(plot) is plot


@pytest.mark.parametrize("epochs", [1, 3])
def test_curves_show_the_history(epochs):
    rows = [
        {
            "epoch": epoch,
            **{
                p + n: epoch + i
                for i, n in enumerate(("loss", "reconstruction", "kl"))
                for p in ("", "val_")
            },
        }
        for epoch in range(1, epochs + 1)
    ]
    figure = plots.curves(rows)
    elbo, _, kl = figure.axes
    assert elbo.get_title("left") == "ELBO"
    np.testing.assert_array_equal(elbo.lines[0].get_ydata(), -np.arange(1, epochs + 1))
    np.testing.assert_array_equal(kl.lines[1].get_ydata(), np.arange(1, epochs + 1) + 2)
    assert "no bound" in plots.curves(rows, is_bound=False).axes[0].get_title("left")


def test_curves_that_measure_different_things_have_scales_of_their_own():
    names = ("loss", "reconstruction", "kl")
    rows = [{"epoch": n, **dict.fromkeys(names, 310.0 + n)} for n in range(1, 4)]
    rows = [row | {f"val_{name}": row["epoch"] for name in names} for row in rows]
    axes = plots.curves(rows, parts=("weighted", "plain"), comparable=False).axes
    assert [len(panel.lines) for panel in axes] == [1] * 6
    assert [axes[row].get_legend().texts[0].get_text() for row in (0, 3)] == ["plain", "weighted"]
    assert axes[0].get_ylim()[0] > -4
    assert axes[3].get_ylim()[1] < -310


def test_channels_without_names_are_numbered_in_the_legend():
    (legend,) = plots.samples(np.ones((2, 5, 2)), kind="series").legends
    assert [text.get_text() for text in legend.texts] == ["channel 1", "channel 2"]
    assert not plots.samples(np.ones((2, 5, 1)), kind="series").legends


def test_channels_are_named_in_the_legend():
    rng = np.random.default_rng(0)
    kind = plots.get("series", ("speed", "load"))
    sheets = [
        plots.samples(rng.normal(size=(4, 6, 2)), kind=kind),
        plots.reconstructions(*rng.normal(size=(2, 4, 6, 2)), kind=kind),
        plots.continuations(rng.normal(size=(4, 2, 6, 2)), np.full(4, 3), kind=kind),
    ]
    for sheet in sheets:
        (legend,) = sheet.legends
        assert [text.get_text() for text in legend.get_texts()][:2] == ["speed", "load"]
    many = plots.samples(rng.normal(size=(4, 6, 20)), kind=plots.get("series", range(20)))
    assert many.legends[0].get_texts()[-1].get_text() == "and 7 more"


def test_examples_without_a_label_are_grey_and_named():
    figure = plots.embedding(np.zeros((3, 2)), np.array([0, 1, -1]), ["a", "b"])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "no label"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["a", "b"]

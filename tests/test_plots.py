import numpy as np
import pytest

from keras_vrae.plots import images as plots

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


def sheet(figure):
    return np.asarray(figure.axes[0].images[0].get_array())


def test_manifold_has_the_second_dimension_upwards():
    images = np.zeros((3, 3, 2, 2))
    images[2, 0] = 1.0  # Highest second dimension, lowest first one.
    drawn = sheet(plots.manifold(images))
    assert drawn.shape == (8, 8)
    assert (drawn[:2, :2] == 0).all()  # Ink is dark.
    assert drawn.sum() == 64 - 4


@pytest.mark.parametrize("count", [1, 5, 16])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_samples_are_laid_out_in_a_square(count, channels):
    drawn = sheet(plots.samples(np.full((count, 4, 4, *channels), 0.25)))
    side = int(np.ceil(np.sqrt(count)))
    assert drawn.shape[1] == 5 * side - 1
    inked = np.isclose(drawn, 0.25 if channels else 0.75)
    assert inked.sum() == count * 16 * (3 if channels else 1)


def test_reconstructions_stand_below_their_originals():
    originals, copies = np.full((3, 2, 2), 1.0), np.full((3, 2, 2), 0.5)
    drawn = sheet(plots.reconstructions(originals, copies, columns=2))
    np.testing.assert_array_equal(drawn[:2, :2], 0.0)
    np.testing.assert_array_equal(drawn[3:5, :2], 0.5)


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

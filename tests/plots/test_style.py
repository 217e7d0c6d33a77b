"""The colours of classes can be told apart, by colour-blind readers too."""

import itertools

import matplotlib.colors
import numpy as np
import pytest

from keras_vrae.plots.style import CLASS_COLOURS

# How colours look to people who lack one kind of cone, in linear RGB: Machado, Oliveira and
# Fernandes, 2009, table 1, severity 1.
DICHROMACY = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.119192, 0.9503041],
    ]
)


def lab(colour, sight):
    """CIELAB coordinates of a colour, as seen with a kind of sight."""
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(DICHROMACY[sight]) @ linear, 0, 1)
    x, y, z = np.cbrt(XYZ @ seen / np.array([0.95047, 1.0, 1.08883]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


# Distances of CIE76, a plainer measure than the one that the colours were found with. The default
# colours of matplotlib have 4.6 for protanopia and 7.2 for deuteranopia.
@pytest.mark.parametrize(
    ("sight", "least"),
    [("usual", 30), ("protanopia", 18), ("deuteranopia", 18), ("tritanopia", 20)],
)
def test_any_two_colours_differ_for_every_kind_of_sight(sight, least):
    seen = [lab(colour, sight) for colour in CLASS_COLOURS]
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(distances) > least


def test_no_colour_is_grey_or_too_pale_to_see():
    for colour in CLASS_COLOURS:
        lightness, *ab = lab(colour, "usual")
        assert np.linalg.norm(ab) > 20, colour
        assert lightness < 80, colour

"""Many small images as one PNG."""

import base64
import io
import math

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image  # Comes with matplotlib.

LEVELS = 15  # Grey levels above white; 4 bits are enough for thumbnails, and half of the size.


def sprite(images: ArrayLike) -> tuple[str, int]:
    """Joins images to one PNG.

    Args:
        images: `(N, H, W)` or `(N, H, W, 1)` for grey levels, or `(N, H, W, 3)`, between 0 and 1.

    Returns:
        `(address, columns)`: the PNG as a `data:` address, and the number of images in a row.

    Example:
        >>> from keras_vrae.report.explorer.sprite import sprite
        >>> address, columns = sprite(np.zeros((5, 8, 8)))
        >>> address[:22], columns
        ('data:image/png;base64,', 3)
    """
    images = np.clip(np.nan_to_num(np.asarray(images, "float32")), 0.0, 1.0)
    images = images[..., np.newaxis] if images.ndim == 3 else images
    count, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    full = np.zeros((rows * columns, height, width, channels), "float32")
    full[:count] = images
    tiles = full.reshape(rows, columns, height, width, channels)
    pixels = tiles.swapaxes(1, 2).reshape(rows * height, columns * width, channels)
    return f"data:image/png;base64,{base64.b64encode(_png(pixels)).decode('ascii')}", columns


def _png(pixels):
    """Returns the bytes of a PNG: 4 bits of grey, or 8 bits of each colour."""
    buffer = io.BytesIO()
    if pixels.shape[2] == 1:
        picture = Image.fromarray(np.round(LEVELS * pixels[:, :, 0]).astype("uint8"), "P")
        picture.putpalette(np.repeat(np.linspace(0, 255, LEVELS + 1), 3).astype("uint8").tolist())
        picture.save(buffer, "png", bits=4, optimize=True)
    else:
        Image.fromarray(np.round(255 * pixels).astype("uint8")).save(buffer, "png", optimize=True)
    return buffer.getvalue()

"""Many small images as one PNG, and nothing but what such a PNG needs."""

import base64
import math
import struct
import zlib

import numpy as np
from numpy.typing import ArrayLike

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
    """Returns the bytes of a PNG: 4 bits of grey, or 8 bits of each colour.

    Reference: W3C, Portable Network Graphics (PNG) Specification, sections 5 and 11.
    """
    height, width, channels = pixels.shape
    if channels == 1:
        levels = np.round(LEVELS * pixels[:, :, 0]).astype("uint8")
        levels = np.pad(levels, ((0, 0), (0, width % 2)))
        lines = 16 * levels[:, ::2] + levels[:, 1::2]
    else:
        lines = np.round(255 * pixels[:, :, :3]).astype("uint8").reshape(height, -1)
    lines = np.pad(lines, ((0, 0), (1, 0)))  # Each line begins with its filter, which is none.
    depth, colour = (4, 0) if channels == 1 else (8, 2)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

"""The IDX files of MNIST and of the data sets made after its model."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from keras_vrae.validation import DataError

FILE_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
UNSIGNED_BYTE = 0x08


def find_files(directory: str | Path) -> dict[str, Path]:
    """Finds the four files of a folder, plain or gzipped, by their usual names.

    Some copies have a dot where others have a dash: `train-images.idx3-ubyte`.

    Returns:
        A dict from names in `FILE_NAMES` to the paths of the files that exist.
    """
    found = {}
    for name in FILE_NAMES:
        dotted = name.replace("-idx", ".idx")
        for candidate in (name, f"{name}.gz", dotted, f"{dotted}.gz"):
            if Path(directory, candidate).is_file():
                found[name] = Path(directory, candidate)
                break
    return found


def read_idx(path: str | Path, ndim: int) -> np.ndarray:
    """Reads an IDX file of unsigned bytes.

    Args:
        path: the file, gzipped if its name ends in `.gz`.
        ndim: number of axes it must have: 3 for images, 1 for labels.

    Returns:
        uint8 array.

    Raises:
        DataError: for a file that is damaged, truncated, too long, or something else.
    """
    try:
        opener = gzip.open if str(path).endswith(".gz") else open
        with opener(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    magic = struct.pack(">I", UNSIGNED_BYTE << 8 | ndim)
    if content[:4] != magic:
        raise DataError(
            f"{path} must be an IDX file of unsigned bytes with {ndim} axes, which begins with "
            f"0x{magic.hex()}. Received: 0x{content[:4].hex()}"
        )
    header = 4 + 4 * ndim
    if len(content) < header:
        raise DataError(f"{path} must have a header of {header} bytes. Received: {len(content)}")
    shape = struct.unpack(f">{ndim}I", content[4:header])
    if len(content) - header != math.prod(shape):
        raise DataError(
            f"{path} must hold {math.prod(shape)} bytes of data for its shape {shape}. "
            f"Received: {len(content) - header} bytes"
        )
    return np.frombuffer(content, "uint8", offset=header).reshape(shape)


def read_folder(
    directory: str | Path,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Reads the four files of a folder.

    Returns:
        `((train_images, train_labels), (test_images, test_labels))`, uint8.

    Raises:
        DataError: for a file that is missing or damaged.
    """
    found = find_files(directory)
    missing = [name for name in FILE_NAMES if name not in found]
    if missing:
        raise DataError(f"{directory} lacks the IDX files {', '.join(missing)} (or .gz)")
    images, labels, test_images, test_labels = (
        read_idx(found[name], ndim=3 if "images" in name else 1) for name in FILE_NAMES
    )
    return (images, labels), (test_images, test_labels)

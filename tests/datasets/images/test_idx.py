import gzip
import hashlib
import struct

import numpy as np
import pytest

from keras_vrae import datasets
from keras_vrae.datasets.images import idx
from keras_vrae.validation import DataError, SettingError


def encode(array):
    header = struct.pack(f">I{array.ndim}I", 0x0800 | array.ndim, *array.shape)
    return header + array.astype("uint8").tobytes()


def write_set(folder, train=20, test=12, side=6, compress=True):
    """Writes four files in the format of MNIST and returns their arrays."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, size in (("train", train), ("t10k", test)):
        arrays[f"{part}-images-idx3-ubyte"] = rng.integers(0, 256, (size, side, side), "uint8")
        arrays[f"{part}-labels-idx1-ubyte"] = rng.integers(0, 10, size, "uint8")
    for name, array in arrays.items():
        if compress:
            (folder / f"{name}.gz").write_bytes(gzip.compress(encode(array)))
        else:
            (folder / name).write_bytes(encode(array))
    return arrays


@pytest.mark.parametrize("compress", [True, False])
def test_reads_what_was_written(tmp_path, compress):
    arrays = write_set(tmp_path, compress=compress)
    (train_x, train_y), (test_x, test_y) = idx.read_folder(tmp_path)
    np.testing.assert_array_equal(train_x, arrays["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(train_y, arrays["train-labels-idx1-ubyte"])
    np.testing.assert_array_equal(test_x, arrays["t10k-images-idx3-ubyte"])
    np.testing.assert_array_equal(test_y, arrays["t10k-labels-idx1-ubyte"])


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist"])
def test_splits(tmp_path, name):
    arrays = write_set(tmp_path)
    splits = datasets.load(name, tmp_path)
    assert [part.size for part in splits[:3]] == [18, 2, 12]
    assert splits.spec.event_shape == (6, 6)
    assert len(splits.spec.class_names) == splits.spec.num_classes == 10
    np.testing.assert_allclose(splits.test.x * 255, arrays["t10k-images-idx3-ubyte"], atol=1e-4)
    np.testing.assert_array_equal(splits.test.y, arrays["t10k-labels-idx1-ubyte"])
    rows = np.concatenate([splits.train.x, splits.validation.x]).reshape(20, -1)
    source = arrays["train-images-idx3-ubyte"].reshape(20, -1) / 255
    np.testing.assert_allclose(np.sort(rows, axis=0), np.sort(source, axis=0), atol=1e-6)
    again = datasets.load(name, tmp_path)
    np.testing.assert_array_equal(again.validation.x, splits.validation.x)


IMAGES = encode(np.zeros((3, 2, 2)))
DAMAGED = {
    "empty": (b"", "begins with 0x00000803. Received: 0x"),
    "labels": (encode(np.zeros(3)), "with 3 axes"),
    "floats": (b"\0\0\x0d\x03" + IMAGES[4:], "unsigned bytes"),
    "no header": (IMAGES[:9], "header of 16 bytes. Received: 9"),
    "truncated": (IMAGES[:-1], "must hold 12 bytes .* Received: 11"),
    "too long": (IMAGES + b"\0", "must hold 12 bytes .* Received: 13"),
    "huge shape": (IMAGES[:4] + b"\xff" * 12 + IMAGES[16:], "Received: 12 bytes"),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_files(tmp_path, content, message):
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        idx.read_idx(path, ndim=3)
    assert str(path) in str(error.value)


def test_damaged_gzip(tmp_path):
    path = tmp_path / "images.gz"
    for content in (IMAGES, gzip.compress(IMAGES)[:-5], b"\x1f\x8b" + b"x" * 40):
        path.write_bytes(content)
        with pytest.raises(DataError, match="cannot be read"):
            idx.read_idx(path, ndim=3)


def test_missing_file_is_named(tmp_path):
    write_set(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="lacks the IDX files t10k-labels-idx1-ubyte"):
        datasets.load("mnist", tmp_path)


def test_parts_that_do_not_fit(tmp_path):
    write_set(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(encode(np.zeros(19))))
    with pytest.raises(DataError, match="Received: 20 images and 19 labels"):
        datasets.load("mnist", tmp_path)
    write_set(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(
        gzip.compress(encode(np.zeros((12, 6, 7))))
    )
    with pytest.raises(DataError, match=r"one shape. Received: \(6, 6\) and \(6, 7\)"):
        datasets.load("mnist", tmp_path)


def test_classes_follow_labels_beyond_the_names(tmp_path):
    """As in EMNIST's letters, whose labels are from 1 to 26."""
    arrays = write_set(tmp_path, train=40, test=30)
    labels = {"train": np.arange(40) % 26 + 1, "t10k": np.arange(30) % 26 + 1}
    for part, content in labels.items():
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(encode(content)))
    with pytest.warns(UserWarning, match="labels from 1 to 26: its 26 classes are named by number"):
        splits = datasets.load("mnist", tmp_path)
    names = splits.spec.class_names
    assert names == tuple(str(number) for number in range(1, 27))
    assert splits.spec.num_classes == 26
    assert splits.spec.notes["remarks"][0].startswith("labels from 1 to 26")
    assert [int(names[number]) for number in splits.test.y] == labels["t10k"].tolist()
    source = arrays["train-images-idx3-ubyte"]
    for part in splits[:2]:
        for image, number in zip(part.x, part.y, strict=True):
            (row,) = np.flatnonzero((source == (255 * image).round()).all(axis=(1, 2)))
            assert int(names[number]) == labels["train"][row]


def test_labels_within_the_names_keep_them(tmp_path):
    write_set(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(encode(np.full(20, 3))))
    splits = datasets.load("fashion_mnist", tmp_path)
    assert splits.spec.class_names[3] == "Dress"
    assert splits.spec.notes is None
    assert set(splits.train.y) == {3}


def test_too_few_images(tmp_path):
    write_set(tmp_path, train=9)
    with pytest.raises(DataError, match="train part must have 10 or more"):
        datasets.load("mnist", tmp_path)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(SettingError, match="`data_dir` must be a folder that exists"):
        datasets.load("mnist", tmp_path / "nowhere")


@pytest.mark.slow
def test_the_real_mnist(mnist_dir):
    splits = datasets.load("mnist", mnist_dir)
    assert [part.size for part in splits[:3]] == [54_000, 6_000, 10_000]
    pixels = (splits.test.x * 255).round().astype("uint8")
    # Of the 10,000 test images as they follow the header in the published file.
    with gzip.open(mnist_dir / "t10k-images-idx3-ubyte.gz") as file:
        published = hashlib.sha256(file.read()[16:]).hexdigest()
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == published
    assert np.bincount(splits.test.y).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]

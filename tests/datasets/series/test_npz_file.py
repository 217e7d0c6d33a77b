"""Time series in NumPy archives: labels, lengths, and members that are something else."""

import io
import zipfile

import numpy as np
import pytest

from keras_vrae.datasets.series.npz_file import read_npz
from keras_vrae.validation import DataError

X = np.arange(24.0).reshape(4, 3, 2)


def save(path, **arrays):
    np.savez_compressed(path, **{"x": X, **arrays})
    return path


def save_members(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def encode(array, allow_pickle=False):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=allow_pickle)
    return file.getvalue()


@pytest.mark.parametrize(
    ("y", "labels"),
    [
        (["a", "", "B ", "nan"], ["a", None, "B", None]),
        (["a", "-1", "b", "NaN"], ["a", None, "b", None]),
        ([b"low", b"", b"high", b"low"], ["low", None, "high", "low"]),
        ([0, 2, -1, 0], [0, 2, None, 0]),
        ([0.0, 2.0, np.nan, -1.0], [0, 2, None, None]),
        (np.array([0, 255, 1, 2], "uint8"), [0, 255, 1, 2]),
        ([True, False, True, True], [True, False, True, True]),
        ([np.nan] * 4, [None] * 4),
        ([-2, -1, 3, 1], [-2, None, 3, 1]),
    ],
)
def test_labels(tmp_path, y, labels):
    found = read_npz(save(tmp_path / "a.npz", y=np.array(y))).labels
    assert found == labels
    assert [type(label) for label in found] == [type(label) for label in labels]


@pytest.mark.parametrize(
    ("y", "received"),
    [
        ([1.0, 0.5, 2.0, 1.0], r"y\[1\]=0\.5"),
        ([1.0, np.inf, 2.0, 1.0], r"y\[1\]=inf"),
        ([1j] * 4, "complex128"),
        (np.zeros(4, "M8[s]"), "datetime64"),
        ([-1, 1, 1, -1], "-1 and 1"),
    ],
)
def test_labels_that_are_not_classes_are_refused(tmp_path, y, received):
    path = save(tmp_path / "a.npz", y=np.array(y))
    with pytest.raises(DataError, match=rf"a\.npz: `y` must be classes.* Received: {received}"):
        read_npz(path)


def test_a_part_without_labels_has_none(tmp_path):
    series = read_npz(save(tmp_path / "a.npz", x_test=X[:2], y=np.array([0, 1, 0, 1])))
    assert series.labels == [0, 1, 0, 1, None, None]
    assert series.tests == [False] * 4 + [True] * 2
    series = read_npz(save(tmp_path / "a.npz", x_test=X[:2], y_test=np.array(["a", "b"])))
    assert series.labels == [None] * 4 + ["a", "b"]
    assert read_npz(save(tmp_path / "a.npz")).labels is None


@pytest.mark.parametrize("lengths", [[3, 1, 2, 3], [3.0, 1.0, 2.0, 3.0]])
def test_lengths(tmp_path, lengths):
    values = read_npz(save(tmp_path / "a.npz", lengths=np.array(lengths))).values
    for value, row, length in zip(values, X, [3, 1, 2, 3], strict=True):
        np.testing.assert_array_equal(value, row[:length])


@pytest.mark.parametrize(
    ("lengths", "received"),
    [
        ([3, 2.5, 1, 1], r"lengths\[1\]=2\.5"),
        ([3, np.nan, 1, 1], r"lengths\[1\]=nan"),
        ([True] * 4, "bool"),
        (["3"] * 4, "<U1"),
        ([3, -1, 1, 1], r"lengths\[1\]=-1"),
    ],
)
def test_lengths_that_are_not_whole_numbers_are_refused(tmp_path, lengths, received):
    path = save(tmp_path / "a.npz", lengths=np.array(lengths))
    with pytest.raises(DataError, match=rf"`lengths` must be whole.* from 1 to 3.*: {received}"):
        read_npz(path)


@pytest.mark.parametrize("name", ["y_test", "lengths_test"])
def test_a_test_part_without_series_is_refused(tmp_path, name):
    path = save(tmp_path / "a.npz", **{name: np.ones(4, int)})
    with pytest.raises(DataError, match=f"must hold an array `x_test`. Received: x, {name}"):
        read_npz(path)


def test_arrays_of_other_names_are_named(tmp_path):
    path = save(tmp_path / "a.npz", labels=np.zeros(4), ids=np.arange(4))
    (remark,) = read_npz(path).remarks
    assert remark.startswith(f"left out of {path}: ")
    assert remark.endswith(": ids, labels")
    np.savez(tmp_path / "b.npz", X=X)
    with pytest.raises(DataError, match=r"must hold an array `x`\. Received: X"):
        read_npz(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz")
    with pytest.raises(DataError, match=r"must hold an array `x`\. Received: an empty archive"):
        read_npz(tmp_path / "c.npz")


def test_a_single_array_under_the_name_of_an_archive_is_refused(tmp_path):
    with open(tmp_path / "a.npz", "wb") as file:
        np.save(file, X)
    with pytest.raises(DataError, match=r"numpy\.savez\(path, x=array\).*: a single array"):
        read_npz(tmp_path / "a.npz")


def claiming(shape, dtype="<f8", content=b""):
    file = io.BytesIO()
    header = {"shape": shape, "fortran_order": False, "descr": dtype}
    np.lib.format.write_array_header_2_0(file, header)
    return file.getvalue() + content


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (claiming((10**12, 100)), r"must hold 800000000000000 bytes .* Received: 0 bytes"),
        (claiming((2**62, 2**62)), r"must hold \d+ bytes for its shape"),
        (claiming((4, 3), content=bytes(95)), "must hold 96 bytes .* Received: 95 bytes"),
        (claiming((4, 3), content=bytes(97)), "must hold 96 bytes .* Received: 97 bytes"),
        (b"a note", "must be an array, as numpy.savez writes it. Received: .* b'a note'"),
        (b"", "must be an array"),
        (encode(np.array([[1], [1, 2]], object), True), "a pickle, which is never read"),
        (claiming((4, 3), "<c16", bytes(192)), "must be numbers of shape"),
        (b"\x93NUMPY\1\0\xff\xff" + b"(" * 0xFFFF, "cannot be read"),
        (b"\x93NUMPY\1\0\x50\0" + b"[" * 80, "cannot be read"),
        (b"\x93NUMPY\7\0\x50\0" + b" " * 80, "cannot be read"),
    ],
)
def test_members_that_are_something_else_are_named(tmp_path, member, words):
    path = save_members(tmp_path / "a.npz", x=member)
    with pytest.raises(DataError, match=words) as raised:
        read_npz(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_a_directory_of_an_archive_that_lies_is_refused(tmp_path):
    """A file of a few bytes cannot hold the gigabytes that header and directory agree on."""
    claimed = 2**31
    member = claiming((claimed,), "|u1")
    path = save_members(tmp_path / "a.npz", x=member)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2") + 24
    content[at : at + 4] = (len(member) + claimed).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"`x` must hold {claimed} bytes"):
        read_npz(path)


def test_arrays_in_the_order_of_fortran_and_in_the_format_of_long_headers(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.asfortranarray(X))
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz").values, X)
    path = save_members(tmp_path / "b.npz", x=claiming(X.shape, content=X.tobytes()))
    np.testing.assert_array_equal(read_npz(path).values, X)

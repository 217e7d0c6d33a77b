"""Sets of labelled images by name."""

from keras_vrae.datasets.images import digits, idx, tfds
from keras_vrae.datasets.images.preparation import make_splits
from keras_vrae.datasets.names import source_of

DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
KUZUSHIJI_NAMES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
# Data sets in the four IDX files of MNIST, and the names of their classes.
MNIST_FAMILY = {"mnist": DIGIT_NAMES, "fashion_mnist": FASHION_NAMES, "kmnist": KUZUSHIJI_NAMES}


def load(name, data_dir=None):
    """Loads `"digits"`, a set of `MNIST_FAMILY` or `"tfds:NAME"`, as `keras_vrae.datasets.load`."""
    if name == "digits":
        return digits.load_digits()
    if name in MNIST_FAMILY and data_dir is not None and idx.find_files(data_dir):
        return make_splits(*idx.read_folder(data_dir), MNIST_FAMILY[name])
    return tfds.load_tfds(source_of(name).rest, data_dir)

"""scikit-learn's handwritten digits: small, real, and on every machine."""

from keras_vrae.datasets.splits import VALIDATION_SEED, DataSpec, Splits, cut

TEST_SEED = 1


def load_digits() -> Splits:
    """Loads the 1,797 digits of 8 x 8 pixels that come with scikit-learn.

    Returns:
        `Splits` of 1,294 training, 144 validation and 359 test images; pixels between 0 and 1.

    Reference:
        Alpaydin and Kaynak, 1998, Optical Recognition of Handwritten Digits, UCI.
    """
    from sklearn import datasets

    digits = datasets.load_digits()
    images, labels = digits.images.astype("float32") / 16.0, digits.target.astype("int64")
    rest, test = cut(images, labels, fraction=0.2, seed=TEST_SEED)
    train, validation = cut(rest.x, rest.y, fraction=0.1, seed=VALIDATION_SEED)
    spec = DataSpec((8, 8), 10, tuple("0123456789"))
    return Splits(train, validation, test, spec)

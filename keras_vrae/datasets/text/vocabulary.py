"""Terms of documents and their vocabulary, by scikit-learn's counting of words."""

from keras_vrae.validation import DataError

STOP_WORDS = ("english", "none")


def make_counter(settings, vocabulary=None):
    """Makes scikit-learn's `CountVectorizer` with these settings.

    A term is two or more letters, digits or underscores in a row, in lower case.

    Args:
        settings: `TextSettings`.
        vocabulary: the terms in the order of their numbers; found by `fit` if None.
    """
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(
        vocabulary=None if vocabulary is None else list(vocabulary),
        max_features=settings.vocab_size,
        stop_words=None if settings.stop_words == "none" else settings.stop_words,
        min_df=settings.min_df,
        max_df=settings.max_df,
        dtype=np.float32,
    )


def find_vocabulary(texts, settings):
    """Finds the most frequent terms of the training texts, in alphabetical order.

    Args:
        texts: the texts, read once.
        settings: `TextSettings`.

    Returns:
        A tuple of strings.

    Raises:
        DataError: for texts without a term.
    """
    counter = make_counter(settings)
    try:
        counter.fit(texts)
    except ValueError as error:
        raise DataError(f"The training documents give no vocabulary: {error}") from None
    return tuple(str(term) for term in counter.get_feature_names_out())


def count_terms(texts, vocabulary, settings):
    """Counts the terms in each text: a sparse matrix `(N, V)` of float32."""
    return make_counter(settings, vocabulary).transform(texts)

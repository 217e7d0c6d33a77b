"""The words that all forms of a report share."""

from collections.abc import Sequence

from keras_vrae.datasets import names
from keras_vrae.report.comparison import Comparison, EncoderRuns

MOST_NAMED = 6  # Encoders in the heading.


def title(comparison: Comparison) -> str:
    """Returns the heading."""
    encoders = [encoder.name for encoder in comparison.encoders]
    subject = listed(encoders) if len(encoders) <= MOST_NAMED else f"{len(encoders)} encoders"
    return f"{subject} on {names.file_name(comparison.dataset)}"


def listed(names: Sequence[str]) -> str:
    """Returns names as a text: `"a"`, `"a and b"`, `"a, b and c"`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def main_metrics(encoder: EncoderRuns, is_bound: bool) -> str:
    """Returns kNN accuracy and ELBO of an encoder as a text, those that there are.

    Args:
        encoder: its `EncoderRuns`.
        is_bound: whether the ELBOs of a comparison are comparable bounds.
    """
    knn, elbo = encoder.metric("knn_accuracy"), encoder.metric("elbo")
    parts = [f"kNN {knn.text(3)}"] if knn else []
    parts += [f"ELBO {elbo.text(1)}"] if is_bound and elbo else []
    return ", ".join(parts)


def explanation(comparison: Comparison) -> str:
    """Returns a note on how to read the table."""
    note = "ELBO, reconstruction (-E log p(x|z)) and KL are means over the test examples, in nats. "
    if not comparison.is_bound:
        note += (
            "They are not comparable here: the runs differ in likelihood or binarization, or are "
            "of grey levels under a Bernoulli likelihood, whose cross-entropy bounds nothing. "
        )
    if comparison.nll_samples:
        note += (
            f"NLL is -log p(x), estimated from {comparison.nll_samples:,} importance samples per "
            "example. "
        )
    if comparison.has("knn_accuracy") or comparison.has("linear_probe_accuracy"):
        note += (
            "kNN and linear probe are accuracies on test examples of classifiers fitted to the "
            "codes of the training part (10 neighbours; logistic regression). "
        )
    return note + (
        "Seconds are medians over the epochs after the first, without validation. ± is the "
        "standard deviation over seeds."
    )

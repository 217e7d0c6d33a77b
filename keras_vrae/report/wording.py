"""The words that all forms of a report share."""


def title(comparison):
    """The heading."""
    names = [encoder.name for encoder in comparison.encoders]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{listed} on {comparison.dataset}"


def explanation(comparison):
    """How to read the table."""
    bound = "ELBO, reconstruction (-E log p(x|z)) and KL are means over the test examples, in nats"
    if not comparison.is_bound:
        bound += (
            ". They are not comparable here: the runs differ in likelihood or binarization, or "
            "are of grey levels under a Bernoulli likelihood, whose cross-entropy bounds nothing"
        )
    if comparison.nll_samples:
        bound += (
            f". NLL is -log p(x), estimated from {comparison.nll_samples:,} importance samples an "
            "example"
        )
    return (
        f"{bound}. kNN and linear probe are accuracies on test examples of classifiers fitted to "
        "the codes of the training part (10 neighbours; logistic regression). Seconds are medians "
        "over the epochs after the first, validation not counted. ± is the standard deviation "
        "over seeds."
    )

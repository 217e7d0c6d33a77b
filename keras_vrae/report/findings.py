"""Sentences computed from the metrics of a comparison."""

import math

from keras_vrae.report.comparison import Comparison
from keras_vrae.report.wording import listed

PRAISE = {
    "knn_accuracy": "embeds best by kNN accuracy",
    "linear_probe_accuracy": "separates the classes best linearly",
    "precision_at_100_hamming": "finds most of the class of a query by hash code",
}


def sentences(comparison: Comparison) -> list[str]:
    """Returns a list of sentences about the encoders: the fastest, and the best by each metric."""
    encoders = comparison.encoders
    if len(encoders) < 2:
        return [f"Only one encoder, {encoders[0].name}, was run: nothing to compare."]
    found = [_fastest(encoders)]
    for metric, praise in PRAISE.items():
        if all(encoder.metric(metric) for encoder in encoders):
            found.append(_best(encoders, metric, praise, 3))
    if comparison.nll_samples:
        found.append(_best(encoders, "nll", "has the lowest NLL", 2, " nats", sign=-1))
    elif comparison.is_bound:
        found.append(_best(encoders, "elbo", "has the highest ELBO", 2, " nats"))
    return found


def _fastest(encoders):
    seconds = {encoder.name: encoder.metric("seconds_per_epoch").mean for encoder in encoders}
    (first, least), *rest = sorted(seconds.items(), key=lambda item: item[1])
    others = listed([f"{name} {time / least:.1f} times as long" for name, time in rest])
    return f"{first} trains fastest: {least:.2f} s per epoch; an epoch takes {others}."


def _best(encoders, metric, praise, digits, unit="", sign=1):
    """Returns the sentence about the encoder with the highest metric, or with `sign=-1` lowest."""
    ranked = sorted(encoders, key=lambda encoder: -sign * encoder.metric(metric).mean)
    first, second = (encoder.metric(metric) for encoder in ranked[:2])
    difference = sign * (first.mean - second.mean)
    distance = f"{difference:.{digits}f}"
    side = f"{distance} above" if sign > 0 else f"{distance} below"
    if float(distance) == 0:
        side = "level with"
    return (
        f"{ranked[0].name} {praise}: {first.text(digits)}{unit}, {side} "
        f"{ranked[1].name}; {_weight(first, second, difference)}."
    )


def _weight(first, second, difference):
    """Says how much a difference of two means over seeds can be trusted."""
    if min(first.count, second.count) < 2:
        return "with one run of an encoder the spread over seeds is unknown, so this may be chance"
    error = math.sqrt(first.deviation**2 / first.count + second.deviation**2 / second.count)
    if error == 0:
        return "the runs of each encoder agree exactly"
    ratio = difference / error
    verdict = "more" if ratio > 3 else "no more"
    return f"{ratio:.1f} times its standard error, {verdict} than the spread over seeds explains"

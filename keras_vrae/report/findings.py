"""Sentences computed from the figures of a comparison."""

import math

PRAISE = {
    "knn_accuracy": "embeds best by kNN accuracy",
    "linear_probe_accuracy": "separates the classes best linearly",
    "precision_at_100_hamming": "finds most of the class of a query by hash code",
}


def sentences(comparison):
    """What the figures say, a list of sentences: which encoder is fastest, which embeds best."""
    if len(comparison.encoders) < 2:
        return [f"Only one encoder, {comparison.encoders[0].name}, was run: nothing to compare."]
    found = [_fastest(comparison.encoders)]
    for figure, praise in PRAISE.items():
        if all(encoder.figure(figure) for encoder in comparison.encoders):
            found.append(_best(comparison.encoders, figure, praise, 3))
    if comparison.nll_samples:
        found.append(_best(comparison.encoders, "nll", "has the lowest NLL", 2, " nats", sign=-1))
    elif comparison.is_bound:
        found.append(_best(comparison.encoders, "elbo", "has the highest ELBO", 2, " nats"))
    return found


def _fastest(encoders):
    ranked = sorted(encoders, key=lambda encoder: encoder.figure("seconds_per_epoch").mean)
    first = ranked[0].figure("seconds_per_epoch").mean
    others = [
        f"{encoder.figure('seconds_per_epoch').mean / first:.1f} times that of {encoder.name}"
        for encoder in ranked[1:]
    ]
    return (
        f"{ranked[0].name} trains fastest: {first:.2f} s an epoch; its speed is "
        f"{' and '.join(others)}."
    )


def _best(encoders, figure, praise, digits, unit="", sign=1):
    """The sentence about the encoder with the highest figure, or with the lowest for `sign=-1`."""
    ranked = sorted(encoders, key=lambda encoder: -sign * encoder.figure(figure).mean)
    first, second = (encoder.figure(figure) for encoder in ranked[:2])
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
    """How much a difference of two means over seeds can be trusted, in words."""
    if min(first.count, second.count) < 2:
        return "with one run of an encoder the spread over seeds is unknown, so this may be chance"
    error = math.sqrt(first.deviation**2 / first.count + second.deviation**2 / second.count)
    if error == 0:
        return "the runs of each encoder agree exactly"
    ratio = difference / error
    verdict = "more" if ratio > 3 else "no more"
    return f"{ratio:.1f} times its standard error, {verdict} than the spread over seeds explains"

"""What rounds of turns come to: medians, the middle half, ratios round by round; and tables."""

import numpy as np

ENCODERS = {"dense": "dense", "lstm": "LSTM", "gru": "GRU"}  # What to call them.


def spread(values, digits=4):
    """Median and quartiles of a list, as a dict."""
    low, middle, high = (float(f"{v:.{digits}g}") for v in np.percentile(values, [25, 50, 75]))
    return {"median": middle, "quartiles": [low, high]}


def rates(seconds, amount):
    """Amount a second of each name: its spread and, under `rounds`, each round's.

    Args:
        seconds: a dict from name to a list over the rounds.
        amount: what was worked off in a turn, such as a number of images.
    """
    rounds = {name: [amount / value for value in values] for name, values in seconds.items()}
    return {
        name: {**spread(values), "rounds": [float(f"{value:.5g}") for value in values]}
        for name, values in rounds.items()
    }


def best_of(figures, family):
    """The name of the fastest variant of a family; `torch eager` is one of the family `torch`."""
    names = [name for name in figures if name.split()[0] == family]
    return max(names, key=lambda name: figures[name]["median"], default=None)


def ratios(figures, ours, others):
    """How many times as fast `ours` is as each of the others, compared round by round."""
    return {
        other: spread(np.divide(figures[ours]["rounds"], figures[other]["rounds"]))
        for other in others
    }


def table(header, rows):
    """A Markdown table of what is shown as strings."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)

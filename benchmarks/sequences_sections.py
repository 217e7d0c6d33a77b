"""The parts of the page on sequences that are of single benchmarks: decoders, music, sampling."""

import statistics

from benchmarks.summary import table

LANGUAGE_MODEL, VAE = "LSTM language model", "VAE"


def over_seeds(runs, name, digits=3):
    """Mean and standard deviation of a figure over runs; nothing where none of them has it."""
    values = [run[name] for run in runs if name in run]
    if not values:
        return ""
    spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{digits}f}{spread}"


def music(contents):
    """Chorales under VAEs and under a language model, Markdown."""
    runs = [run for content in contents for run in content["runs"]]
    first = contents[0]
    train, _, test = first["examples"]
    names = list(dict.fromkeys(run["model"] for run in runs))
    rows = []
    for name in names:
        found = [run for run in runs if run["model"] == name]
        rows.append(
            [
                name,
                len(found),
                over_seeds(found, "nll_per_step"),
                over_seeds(found, "negative_elbo_per_step"),
                over_seeds(found, "kl", 1),
                over_seeds(found, "active_units", 0 if len(found) == 1 else 1),
                f"{found[0]['parameters']:,}",
                f"{statistics.median(run['seconds_per_epoch'] for run in found):.2f}",
            ]
        )
    flags = first["flags"]
    commands = ", ".join(f"`{content['command']}`" for content in contents)
    header = ["model", "seeds", "NLL", "-ELBO", "KL", "active units", "parameters", "s / epoch"]
    return "\n".join(
        [
            "## Chorales\n",
            f"From {commands}: chorales of Bach, windows of {first['window']} eighth notes of 88 "
            f"keys, {train} of training and {test} of test pieces. The language model is the "
            f"decoder of the VAEs, an LSTM of {first['units']} units that reads the step before, "
            f"without z; the VAEs have an LSTM encoder beside it and {flags['latent_dim']} latent "
            f"dimensions. All are trained for {flags['epochs']} epochs in the same run. NLL (by "
            f"importance sampling with {flags['nll_samples']} samples, exact for the language "
            "model) and the negative bound are nats a time step, KL nats a window; a unit is "
            "active whose mean has a variance above 0.01 over the test part.\n",
            table(header, rows) + "\n",
            *(lead(runs, first["window"]) or []),
        ]
    )


def lead(runs, window):
    """The gain of the plain VAE over the language model beside what z tells, in a list; or None."""
    named = {name: [run for run in runs if run["model"] == name] for name in (LANGUAGE_MODEL, VAE)}
    if not all(named.values()):
        return None
    nll = [statistics.mean(run["nll_per_step"] for run in found) for found in named.values()]
    gain = (nll[0] - nll[1]) * window
    kl = statistics.mean(run["kl"] for run in named[VAE])
    text = f"The VAE without further means gains {gain:.1f} nats a window, and z tells {kl:.1f}. "
    if gain > kl:
        text += (
            "What is gained beyond that does not come from what z tells of a window. That noise in "
            "the first state holds back overfitting is a guess, which no run here tests.\n"
        )
    return [text]


def music_map(content):
    """The experiment of the VRAE paper, Markdown."""
    rows = []
    for run in content["runs"]:
        history = run["history"]
        best = max(history["test"])
        rows.append(
            [
                run["latent_dim"],
                f"{history['train'][-1]:.2f}",
                f"{history['test'][-1]:.2f}",
                f"{best:.2f} in epoch {history['test'].index(best) + 1}",
                f"{history['test_kl'][-1]:.1f}",
                f"{run['parameters']:,}",
                f"{run['seconds']:.0f}",
            ]
        )
    train, test = content["examples"]
    header = ["latent dimensions", "training", "test", "best of test", "KL", "parameters", "s"]
    return "\n".join(
        [
            "## The experiment of the VRAE paper\n",
            f"From `{content['command']}`, after Fabius and van Amersfoort (2014): "
            f"{len(content['pieces'])} pieces, here the longest chorales, windows of "
            f"{content['window']} steps, one begun every {content['stride']}; {train} from the "
            f"beginnings of the pieces for training, {test} from their ends for test; "
            f"{content['units']} units, GRU in the place of the paper's plain recurrent network, a "
            "decoder that reads nothing at its steps. The bound is exact, the code of the paper "
            "weighs KL by 0.01. Nats a time step, KL nats a window, after "
            f"{content['epochs']} epochs.\n",
            table(header, rows) + "\n",
            "![Lower bound over epochs](../images/music-bound.png)\n",
            "![Codes of the windows by piece](../images/music-map.png)\n",
            "![Drawn music as piano rolls](../images/music-samples.png)\n",
            "Windows of a piece lie together, and one after the other. The rolls, whose draws are "
            "written as `.mid` files to the folder that `--runs` names too, are not music that one "
            "would listen to: after as many epochs as there was time for, a decoder that reads "
            "nothing knows which keys a window uses, and hardly how they follow each other. The "
            "VAEs above, which read the step before, have a much better bound, if of other "
            "windows.\n",
        ]
    )


def decoders(content):
    """MNIST rows with a recurrent decoder beside a dense one, Markdown."""
    flags = content["flags"]
    rows = [
        [
            name,
            f"{row['nll']:.2f} ± {row['nll_standard_error']:.2f}",
            f"{row['elbo']:.2f}",
            f"{row['kl']:.2f}",
            f"{row['knn_accuracy']:.3f}",
            f"{row['seconds_per_epoch']:.0f}",
            f"{row['parameters']:,}",
        ]
        for name, row in content["decoders"].items()
    ]
    header = ["decoder", "NLL", "ELBO", "KL", "kNN accuracy", "s / epoch", "parameters"]
    return "\n".join(
        [
            "## MNIST row by row\n",
            f"From `{content['command']}`: the settings of `train_main.py --encoder=gru "
            f"--dataset=mnist` but for {flags['units']} units and {flags['epochs']} epochs, the "
            "same for both decoders; the recurrent one (`--decoder=gru`) gets z as its first state "
            f"and reads nothing. One seed; NLL of the first {flags['nll_examples']:,} test images "
            f"with {flags['nll_samples']} importance samples, ± its standard error, the other "
            "figures of all 10,000, nats an image. So few epochs and units tell which decoder "
            "learns faster, not which is better in the end.\n",
            table(header, rows) + "\n",
            "![Samples of both decoders](../images/decoders-samples.png)\n",
        ]
    )


def sampling(content):
    """Generation beside training, Markdown."""
    rows = []
    for kind, found in content["layers"].items():
        medians = [found["milliseconds"][w]["median"] for w in ("training", "bound", "generation")]
        ratio = found["times_as_fast_as_training"]
        low, high = ratio["quartiles"]
        rows.append(
            [
                kind.upper(),
                *(f"{m:.0f}" for m in medians),
                f"{ratio['median']:.2f} ({low} to {high})",
            ]
        )
    batch, steps, features = content["shape"]
    header = ["layers", "training step", "bound alone", "generation", "times as fast as training"]
    return "\n".join(
        [
            "## Generation beside training\n",
            f"From `{content['command']}` on one core: {batch} sequences "
            f"of {steps} steps of {features} values, {content['units']} units, a decoder that "
            "reads the step before: milliseconds for a step of training (both networks forward and "
            "backward), for the bound (`test_on_batch`, both forward), and for as many sequences "
            "drawn from the prior (`generate(draw=True)`, the decoder alone, but a step at a "
            f"time). Medians of {content['rounds']} rounds in "
            "turns, and the middle half of the ratio.\n",
            table(header, rows) + "\n",
        ]
    )

"""The experiment of the VRAE paper on chorales: 2 and 20 latent dimensions, 500 units.

    python -m benchmarks.music_map --runs=FOLDER

Windows of four bars of a few pieces, a GRU on both sides, of which the decoder reads nothing but
its first state, made of z. The lower bound is exact, with the whole KL, which the code of the paper
weighs by 0.01. The bound over epochs, the codes of all windows by piece, and drawn music as
pictures, and as `.mid` files in FOLDER. Fabius and van Amersfoort, 2014, arXiv 1412.6581.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from benchmarks import machine
from keras_vrae.datasets.music import midi
from keras_vrae.plots import images as plots
from keras_vrae.plots import rolls as roll_plots

WINDOW, STRIDE, BATCH, LEARNING_RATE = 32, 2, 64, 1e-3
LATENT_DIMS = (2, 20)
SAMPLES = 2


def windows_of(folder, count):
    """`(train, test, names)`: windows of the longest pieces, the test ones from their ends."""
    from keras_vrae.datasets.music import chorales
    from keras_vrae.datasets.series.preparation import Series, make_splits

    series = chorales.read_chorales(folder)
    longest = np.argsort([-len(value) for value in series.values], kind="stable")[:count]
    values, names = ([column[i] for i in longest] for column in (series.values, series.names))
    splits = make_splits(
        Series(values, names), "chorales", WINDOW, STRIDE, standardize=False, kind="roll"
    )
    return splits.train, splits.test, splits.spec.class_names


def train(parts, latent_dim, flags):
    """`(model, history)`, a row an epoch: the bound of a time step in training and test, and KL."""
    import keras

    import keras_vrae as kv

    keras.utils.set_random_seed(flags.seed)
    shape = parts[0].x.shape[1:]
    sizes = {"latent_dim": latent_dim, "hidden_units": flags.units}
    vae = kv.build("gru", shape, decoder="gru", seed=flags.seed, **sizes)
    steps = flags.epochs * -(-parts[0].size // BATCH)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    vae.compile(kv.optimizers.Adam(schedule, global_clipnorm=20.0))
    options = {"epochs": flags.epochs, "batch_size": BATCH, "verbose": 0}
    history = vae.fit(parts[0].x, validation_data=parts[1].x, **options).history
    columns = {"train": "loss", "test": "val_loss", "test_kl": "val_kl"}
    return vae, {
        name: [round((1 if name == "test_kl" else -1 / WINDOW) * float(v), 4) for v in history[key]]
        for name, key in columns.items()
    }


def bounds_figure(runs):
    """The bound of a time step over epochs, training and test, a matplotlib `Figure`."""
    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.subplots()
    for run, colour in zip(runs, plots.CLASS_COLOURS, strict=False):
        epochs = np.arange(1, len(run["history"]["train"]) + 1)
        for part, style in (("train", ":"), ("test", "-")):
            label = f"{run['latent_dim']} latent dimensions, {part}"
            axes.plot(epochs, run["history"][part], style, color=colour, label=label)
    worst = min(min(run["history"]["train"][1:]) for run in runs)
    axes.set_ylim(bottom=worst)
    axes.set(xlabel="epoch", ylabel="lower bound, nats a time step")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure


def map_figure(codes, labels, names):
    """The codes of the windows of each piece, those of a piece in their order joined by a line."""
    figure = Figure(figsize=(12, 5), dpi=110, layout="constrained")
    for axes, (latent_dim, z) in zip(figure.subplots(1, len(codes)), codes.items(), strict=True):
        points = z if latent_dim == 2 else PCA(2).fit_transform(z)
        for number, (name, colour) in enumerate(zip(names, plots.CLASS_COLOURS, strict=False)):
            rows = points[labels == number]
            axes.plot(*rows.T, "-", color=colour, linewidth=0.5, alpha=0.4)
            axes.plot(*rows.T, ".", color=colour, markersize=5, label=name)
        kind = "" if latent_dim == 2 else ", their first two principal components"
        axes.set_title(f"{latent_dim} latent dimensions{kind}", loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    handles = figure.axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside right upper", frameon=False, title="piece")
    return figure


def samples_figure(rolls):
    """What models make of the same draws from the prior: the mean to the left, a draw to the right.

    Args:
        rolls: by number of latent dimensions, `(means, draws)`, `(N, T, 88)` each.
    """
    pairs = [pair for means, draws in rolls.values() for pair in zip(means, draws, strict=True)]
    return roll_plots.samples(
        [roll for pair in pairs for roll in pair],
        "Means of p(x|z) and draws from it, z from the prior: "
        + ", then ".join(f"{latent_dim} latent dimensions" for latent_dim in rolls),
    )


def main():
    """Reads the flags, and writes figures, pictures and music."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--pieces", type=int, default=8, help="the longest ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data_dir", help="where the parsed chorales are kept")
    parser.add_argument("--runs", default="runs/music", help="folder of the .mid files")
    parser.add_argument("--output", default="docs/benchmarks/music-map.json")
    parser.add_argument("--pictures", default="docs/images", help="folder of the pictures")
    flags = parser.parse_args()
    train_part, test_part, names = windows_of(flags.data_dir, flags.pieces)
    content = {"command": machine.command("music_map")}
    content |= {**machine.describe(), "window": WINDOW, "stride": STRIDE, "batch_size": BATCH}
    content |= {"units": flags.units, "epochs": flags.epochs, "pieces": names}
    content |= {"examples": [train_part.size, test_part.size], "runs": []}
    codes, rolls = {}, {}
    for latent_dim in LATENT_DIMS:
        begin = time.perf_counter()
        vae, history = train((train_part, test_part), latent_dim, flags)
        run = {"latent_dim": latent_dim, "seconds": round(time.perf_counter() - begin, 1)}
        content["runs"].append({**run, "parameters": vae.count_params(), "history": history})
        codes[latent_dim] = vae.encode(train_part.x).z_mean
        rolls[latent_dim] = [
            vae.generate(SAMPLES, seed=flags.seed, draw=drawn) for drawn in (False, True)
        ]
        Path(flags.runs).mkdir(parents=True, exist_ok=True)
        for number, roll in enumerate(rolls[latent_dim][1]):
            midi.write_midi(roll, Path(flags.runs, f"latent-{latent_dim}-sample-{number}.mid"))
        Path(flags.output).write_text(json.dumps(content) + "\n")
        print(run, {name: values[-1] for name, values in history.items()}, flush=True)
    for name, figure in {
        "bound": bounds_figure(content["runs"]),
        "map": map_figure(codes, train_part.y, names),
        "samples": samples_figure(rolls),
    }.items():
        figure.savefig(Path(flags.pictures, f"music-{name}.png"))


if __name__ == "__main__":
    main()

"""Reports that compare finished runs: `report.html`, `report.md`, `comparison.png`."""

from collections.abc import Sequence
from pathlib import Path

from keras_vrae.datasets import names
from keras_vrae.files import replacing
from keras_vrae.report import html, markdown
from keras_vrae.report.comparison import Comparison
from keras_vrae.report.explorer import Explorer
from keras_vrae.report.findings import sentences
from keras_vrae.report.plots import comparison_plot, validation_plot

__all__ = ["Comparison", "sentences", "write"]


def write(
    run_dirs: Sequence[str | Path], folder: str | Path | None = None
) -> tuple[Path, Comparison]:
    """Compares finished runs on one data set.

    Args:
        run_dirs: folders of the runs, of any encoders and seeds.
        folder: folder to write to; `<dataset>-comparison` next to the first run if None. The files
            of an earlier report are replaced.

    Returns:
        `(folder, comparison)`: the folder of the report, and the `Comparison`.

    Raises:
        DataError: for a folder without a finished run, or whose files are damaged.
        SettingError: for runs of different data sets, or of one encoder that differ in more
            than their seed.
    """
    comparison = Comparison.of(run_dirs)
    if folder is None:
        name = f"{names.file_name(comparison.dataset)}-comparison"
        folder = Path(run_dirs[0]).resolve().parent / name
    folder = Path(folder)
    figures = {
        "comparison": comparison_plot(comparison),
        "validation": validation_plot(comparison),
    }
    for name, figure in figures.items():
        with replacing(folder / f"{name}.png") as aside:
            figure.savefig(aside)
    explorer = Explorer.of(comparison)
    for name, reason in explorer.left_out.items():
        print(f"report.html does not decode {name}: {reason}", flush=True)
    pages = {
        "report.md": markdown.page(comparison),
        "report.html": html.page(comparison, explorer),
    }
    for name, text in pages.items():
        with replacing(folder / name) as aside:
            aside.write_text(text, "utf-8")
    return folder, comparison

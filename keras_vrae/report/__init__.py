"""Several finished runs beside each other: `report.html`, `report.md`, `comparison.png`."""

from pathlib import Path

from keras_vrae.files import replacing
from keras_vrae.report import html, markdown
from keras_vrae.report.comparison import Comparison
from keras_vrae.report.findings import sentences
from keras_vrae.report.pictures import comparison_figure, validation_figure

__all__ = ["Comparison", "sentences", "write"]


def write(run_dirs, folder=None):
    """Compares finished runs on one data set.

    Args:
        run_dirs: folders of the runs, of any encoders and seeds.
        folder: where to write, `<dataset>-comparison` beside the first run when None; what a former
            report left there is replaced.

    Returns:
        `(folder, comparison)`: where it was written, and the `Comparison`.

    Raises:
        DataError: for a folder that is no finished run, or whose files are damaged.
        SettingError: for runs that cannot be compared.
    """
    comparison = Comparison.of(run_dirs)
    if folder is None:
        name = f"{comparison.dataset.replace(':', '-').replace('/', '-')}-comparison"
        folder = Path(run_dirs[0]).resolve().parent / name
    folder = Path(folder)
    figures = {
        "comparison": comparison_figure(comparison),
        "validation": validation_figure(comparison),
    }
    for name, figure in figures.items():
        with replacing(folder / f"{name}.png") as aside:
            figure.savefig(aside)
    pages = {"report.md": markdown.page(comparison), "report.html": html.page(comparison)}
    for name, text in pages.items():
        with replacing(folder / name) as aside:
            aside.write_text(text, "utf-8")
    return folder, comparison

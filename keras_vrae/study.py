"""One run, or several beside each other: encoders times seeds, and their comparison."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from keras_vrae import report, serving
from keras_vrae.training import console
from keras_vrae.training.loop import train_and_evaluate
from keras_vrae.training.termination import passed_on
from keras_vrae.validation import DataError, SettingError, complaint


def run_study(runs, overwrite=False, resume=False, export_dir=None, prepare=None):
    """Trains one model for each run, and compares them where there are several.

    Args:
        runs: a dict from folder to `ExperimentConfig`, as `plan_runs` makes and checks it.
        overwrite, resume: as in `train_and_evaluate`.
        export_dir: folder to export the run to for TF Serving; of several runs, the folder in which
            each has its own. None for no export.
        prepare: function of an `ExperimentConfig` to call first in the process of a run, or None.

    Returns:
        The folder of the run, or of the comparison where there are several runs.
    """
    if export_dir is not None:
        _check_export(export_dir, runs)
    if len(runs) == 1:
        ((folder, config),) = runs.items()
        metrics = _run(prepare, config, folder, overwrite, resume)
        if metrics is None:
            return folder  # The chief has the rest to do.
        if export_dir is not None:
            _export(folder, export_dir)
        return folder
    for folder, config in runs.items():
        _in_own_process(_run, prepare, config, folder, overwrite, resume)
        if export_dir is not None:
            _export(folder, Path(export_dir, folder.name))
    console.say("Comparing the runs ...")
    folder = folder.parent / f"{config.dataset_name}-comparison"
    folder, comparison = report.write(list(runs), folder)
    console.say("\n" + "\n".join(report.sentences(comparison)))
    console.say(f"\nComparison: {folder / 'report.html'}")
    return folder


def _run(prepare, config, *arguments):
    if prepare:
        prepare(config)
    return train_and_evaluate(config, *arguments)


def _check_export(export_dir, folders):
    """Makes the folder for exports, which --overwrite of a run must not sweep away."""
    for folder in folders:
        if Path(export_dir).resolve().is_relative_to(Path(folder).resolve()):
            expected = f"a folder outside of the run in {folder}"
            raise SettingError(complaint("export_dir", expected, str(export_dir)))
    serving.check_directory(export_dir)


def _export(run_dir, export_dir):
    console.exported(serving.export_run(run_dir, export_dir), export_dir)


def _in_own_process(function, *arguments):
    """Calls the function in a fresh process, so that no run's memory or state is in the next."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool, passed_on():
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            raise DataError(
                "The process of a run was killed, perhaps for want of memory. "
                "Continue with the same flags and --resume"
            ) from None

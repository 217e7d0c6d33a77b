"""One run, or several of encoders times seeds with their comparison."""

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from keras_vrae import backend, report
from keras_vrae.backend import one_thread_per_operation
from keras_vrae.training import ExperimentConfig, console
from keras_vrae.training.loop import train_and_evaluate
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.training.termination import passed_on
from keras_vrae.validation import DataError, SettingError, complaint
from keras_vrae_cli.callbacks import make_callback, make_tensorboard
from keras_vrae_cli.program import begin_process


def run_study(
    runs: Mapping[Path, ExperimentConfig],
    overwrite: bool = False,
    resume: bool = False,
    export_dir: str | Path | None = None,
    callbacks: Sequence[str] = (),
    tensorboard: bool = False,
) -> Path:
    """Trains one model per run, and compares them if there are several.

    Args:
        runs: a dict from folder to `ExperimentConfig`, as `plan_runs` makes and checks it.
        overwrite, resume: as in `train_and_evaluate`.
        export_dir: folder to export the run to for TF Serving; of several runs, the folder in which
            each has its own. None for no export.
        callbacks: names of callbacks, `MODULE:CLASS`; each run makes its own.
        tensorboard: whether runs write their history for TensorBoard.

    Returns:
        The folder of the run, or of the comparison if there are several runs.
    """
    if export_dir is not None:
        _check_export(export_dir, runs)
    options = (overwrite, resume, callbacks, tensorboard)
    if len(runs) == 1:
        ((folder, config),) = runs.items()
        metrics = _train(config, folder, *options)
        # Only the chief of several workers has metrics, and exports.
        if metrics is not None and export_dir is not None:
            _export(folder, export_dir)
        return folder
    for folder, config in runs.items():
        _in_own_process(_train, config, folder, *options)
        if export_dir is not None:
            _export(folder, Path(export_dir, folder.name))
    console.say("Comparing the runs ...")
    folder = folder.parent / f"{config.dataset_name}-comparison"
    folder, comparison = report.write(list(runs), folder)
    console.say("\n" + "\n".join(report.sentences(comparison)))
    console.say(f"\nComparison: {folder / 'report.html'}")
    return folder


def _train(config, folder, overwrite, resume, callbacks, tensorboard):
    made = [make_callback(name) for name in callbacks]
    if tensorboard:
        made.append(make_tensorboard(RunDirectory(folder).tensorboard_path))
    # The operations on a whole vocabulary are few, large, and wait for each other.
    if not (config.is_text and config.encoder == "dense"):
        one_thread_per_operation()
    return train_and_evaluate(config, folder, overwrite, resume, callbacks=made)


def _check_export(export_dir, folders):
    """Makes the folder for exports, which must survive --overwrite of a run."""
    if backend.name != "tensorflow":
        expected = f"left out with backend={backend.name!r}; export the run with keras-vrae export"
        raise SettingError(complaint("export_dir", expected, str(export_dir)))
    from keras_vrae import serving

    for folder in folders:
        if Path(export_dir).resolve().is_relative_to(Path(folder).resolve()):
            expected = f"a folder outside of the run in {folder}"
            raise SettingError(complaint("export_dir", expected, str(export_dir)))
    serving.check_directory(export_dir)


def _export(run_dir, export_dir):
    from keras_vrae import serving

    console.exported(serving.export_run(run_dir, export_dir), export_dir)


def _in_own_process(function, *arguments):
    """Calls a function in a fresh process, which shares no memory or state with other runs."""
    context = multiprocessing.get_context("spawn")
    # The process loads the backend quietly before it unpickles the function and its arguments.
    with ProcessPoolExecutor(1, context, initializer=begin_process) as pool, passed_on():
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            raise DataError(
                "The process of a run was killed, perhaps for lack of memory. "
                "Continue with the same flags and --resume"
            ) from None

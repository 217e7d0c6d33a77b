"""One run, or several beside each other: encoders times seeds, and their comparison."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from keras_vrae import report
from keras_vrae.training import console
from keras_vrae.training.loop import train_and_evaluate
from keras_vrae.training.plan import plan_runs
from keras_vrae.validation import DataError


def run_study(settings, encoders, num_seeds=1, run_dir=None, overwrite=False, resume=False):
    """Trains one model for each encoder and seed, and compares them where there are several.

    All settings and folders are checked before the first run begins.

    Args:
        settings: arguments of `ExperimentConfig`, all but `encoder`.
        encoders: names of the inference networks.
        num_seeds: runs for each encoder, with the seeds `seed`, `seed + 1` ...
        run_dir: folder of the run; of several runs, the folder in which each has its own.
        overwrite, resume: as in `train_and_evaluate`.

    Returns:
        The folder of the run, or of the comparison where there are several runs.
    """
    runs = plan_runs(settings, encoders, num_seeds, run_dir, overwrite, resume)
    if len(runs) == 1:
        ((folder, config),) = runs.items()
        train_and_evaluate(config, folder, overwrite, resume)
        return folder
    for folder, config in runs.items():
        _in_own_process(train_and_evaluate, config, folder, overwrite, resume)
    console.say("Comparing the runs ...")
    folder = folder.parent / f"{config.dataset_name}-comparison"
    folder, comparison = report.write(list(runs), folder)
    console.say("\n" + "\n".join(report.sentences(comparison)))
    console.say(f"\nComparison: {folder / 'report.html'}")
    return folder


def _in_own_process(function, *arguments):
    """Calls the function in a fresh process, so that no run's memory or state is in the next."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            raise DataError(
                "The process of a run was killed, perhaps for want of memory. "
                "Continue with the same flags and --resume"
            ) from None

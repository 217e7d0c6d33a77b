"""The programs as a user runs them."""

import json
import os
import re
import resource
import runpy
import subprocess
import sys

import pytest
from conftest import ROOT

from keras_vrae.training import ExperimentConfig
from keras_vrae_cli import study
from keras_vrae_cli.__main__ import COMMANDS
from keras_vrae_cli.program import BACKENDS, main

TRAIN = ["train_main.py"]
PROGRAMS = {"train": TRAIN, "export": ["-m", "export"], "cli": ["-m", "keras_vrae_cli"]}
PROGRAMS |= {f"cli {command}": ["-m", "keras_vrae_cli", command] for command in COMMANDS}
# These load Keras first, as Python imports the package in which they are.
IN_THE_LIBRARY = {
    "evaluation": "evaluate",
    "evaluation.anomaly": "anomaly",
    "completion": "complete",
    "report": "report",
    "datasets.tfrecord": "tfrecord",
}


def run(program, *flags, cwd, **environment):
    program = [str(ROOT / part) if part.endswith(".py") else part for part in program]
    environment = {**os.environ, **environment}
    environment["PYTHONPATH"] = os.pathsep.join([environment.get("PYTHONPATH", ""), str(ROOT)])
    return subprocess.run(
        [sys.executable, *program, *flags],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
    )


@pytest.fixture(scope="module")
def no_keras(tmp_path_factory):
    """A folder for PYTHONPATH under which Keras and TensorFlow fail to be imported."""
    return make_unimportable(
        tmp_path_factory.mktemp("no-keras"), "keras", "tensorflow", "numpy", "keras_vrae"
    )


def make_unimportable(folder, *names):
    """Returns the folder with modules of these names, which fail."""
    for name in names:
        (folder / f"{name}.py").write_text(f"raise ImportError('{name} was imported')\n")
    return str(folder)


@pytest.mark.slow
def test_first_command_of_the_readme(tmp_path):
    readme = (ROOT / "README.md").read_text()
    (flags,) = re.findall(r"^python train_main\.py (--encoder=lstm)$", readme, re.MULTILINE)
    done = run(TRAIN, flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "digits-lstm"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["test"]["elbo"] > 9.0
    assert metrics["test"]["knn_accuracy"] > 0.78
    assert metrics["test"]["active_units"] == 2
    for part in ("Training a VAE with the lstm encoder on digits", "kNN accuracy", "model.keras"):
        assert part in done.stdout


# The flags alone show these, so that the answer comes before Keras is loaded.
WRONG_FLAGS = {
    "--encodr=lstm": "Unknown command line flag 'encodr'. Did you mean: encoder",
    "--epochs=many": "`epochs` must be a positive integer. Received: epochs='many'",
    "--epochs=0": "`epochs` must be a positive integer. Received: epochs='0'",
    "--seed=-1": "`seed` must be a non-negative integer. Received: seed='-1'",
    "--learning_rate=": "`learning_rate` must be a positive number. Received: learning_rate=''",
    "--learning_rate=0": "`learning_rate` must be a positive number",
    "--learning_rate=nan": "`learning_rate` must be a positive number",
    "--term_dropout=1": "`term_dropout` must be a number of at least 0 and below 1",
    "--likelihood_scale=wide": "`likelihood_scale` must be learned, per_value or a positive number",
    "--bounded=perhaps": "`bounded` must be true or false. Received: bounded='perhaps'",
    "--checkpoint_every=often": "`checkpoint_every` must be a number of steps or epochs, such as",
    "lstm": "Arguments must be flags, --name=value. Received: lstm",
    "--encoder=lsmt": (
        "`encoder` must be one of 'dense', 'lstm', 'gru'. Received: encoder='lsmt' "
        "Did you mean 'lstm'?"
    ),
    "--encoder=gru,lsmt": "Did you mean 'lstm'?",
    "--encoder=": "`encoder` must be one of 'dense', 'lstm', 'gru'. Received: encoder=''",
    "--prior=vampire": "`prior` must be one of 'normal', 'mixture', 'vamp'. Received: prior=",
    "--dataset=minst": "Did you mean 'mnist'?",
    "--dataset=tfds:": "`dataset` must be one of 'digits', 'mnist'",
    "--data_dir=nowhere": "`data_dir` must be a folder that exists. Received: data_dir='nowhere'",
}


@pytest.mark.parametrize(("flags", "message"), WRONG_FLAGS.items(), ids=WRONG_FLAGS.keys())
def test_wrong_flags_get_one_line_and_status_2_before_keras(flags, message, no_keras, tmp_path):
    done = run(TRAIN, *flags.split(), cwd=tmp_path, PYTHONPATH=no_keras)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("train_main.py: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


WRONG_TOGETHER = {
    "--objective=iwae --beta=2": "`beta` must be 1.0 with objective='iwae'. Received: beta=2.0",
    "--overwrite --resume": "`overwrite` and `resume` exclude each other. Received: both",
    "--prior_components=3": "`prior_components` must be left out with prior='normal'",
    "--dataset=tfrecord:nowhere/*": "`dataset` must be tfrecord: and a pattern that files fit",
    "--run_dir=/dev/null/run": "`run_dir` must be a path below folders",
    "--encoder=gru,gru": "`encoder` must be one or more names, each once",
    "--dataset=newsgroups --text_strip=none,quotes": "`text_strip` must be one of 'headers'",
}


@pytest.mark.parametrize(("flags", "message"), WRONG_TOGETHER.items(), ids=WRONG_TOGETHER.keys())
def test_settings_that_do_not_fit_get_one_line(flags, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main("train", "train_main.py", flags.split()) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"train_main.py: {message}")
    assert printed.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_there_is_not_touched(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "digits-lstm"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"latent_dim": 3}')
    for flags, message in (
        ([], "Pass --overwrite to replace it"),
        (["--resume"], "`latent_dim` must be 3 to resume runs/digits-lstm"),
    ):
        assert main("train", "train_main.py", flags) == 2
        assert message in capsys.readouterr().err
    assert (folder / "config.json").read_text() == '{"latent_dim": 3}'


def test_a_failed_import_is_one_line(no_keras, tmp_path):
    done = run(TRAIN, cwd=tmp_path, PYTHONPATH=no_keras)
    assert done.returncode == 1
    assert done.stderr == "Loading TensorFlow ...\ntrain_main.py: tensorflow was imported\n"


def test_damaged_data_get_one_line_and_status_1(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(study, "one_thread_per_operation", lambda: None)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"no images")
    assert main("train", "train_main.py", ["--dataset=mnist", f"--data_dir={tmp_path}"]) == 1
    printed = capsys.readouterr().err
    assert "lacks the IDX files train-labels-idx1-ubyte" in printed.splitlines()[-1]
    assert "Traceback" not in printed
    assert not (tmp_path / "runs").exists()


def test_help_documents_every_setting_with_its_default(no_keras, tmp_path):
    done = run(TRAIN, "--help=all", cwd=tmp_path, PYTHONPATH=no_keras)
    assert done.returncode == 0
    shown = done.stdout.replace("--[no]", "--")
    for name, field in ExperimentConfig.__dataclass_fields__.items():
        assert f"--{name}:" in shown
        text = shown.split(f"--{name}:")[1].split("\n  --")[0]
        if field.default is not None:
            assert "(default: " in text, name


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("flag", ["--help", "--wrong"])
def test_help_and_a_wrong_flag_take_less_than_half_a_second(name, flag, no_keras, tmp_path):
    def seconds():
        """Returns the time of the processor, which other programs do not lengthen."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = seconds()
    done = run(PROGRAMS[name], flag, cwd=tmp_path, PYTHONPATH=no_keras)
    assert seconds() - before < 0.5
    assert done.returncode == (0 if flag == "--help" else 2)
    assert "flags" in done.stdout or name.startswith("cli") or flag == "--wrong"
    assert done.stderr.count("\n") == (flag == "--wrong")


@pytest.mark.parametrize(("module", "command"), IN_THE_LIBRARY.items())
@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_programs_in_the_library_are_the_commands(module, command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"keras_vrae.{module}", run_name="__main__", alter_sys=True)
    assert not ended.value.code
    shown = run(["-m", "keras_vrae_cli", command], "--help", cwd=tmp_path).stdout
    assert capsys.readouterr().out == shown


def test_the_package_as_a_program_answers_before_keras_is_loaded(tmp_path):
    path = make_unimportable(tmp_path, "keras", "tensorflow", "numpy")
    shown, asked = [
        run(["-m", package], "train", "--help", cwd=tmp_path, PYTHONPATH=path)
        for package in ("keras_vrae", "keras_vrae_cli")
    ]
    assert shown.returncode == 0, shown.stderr
    assert (shown.stdout, shown.stderr) == (asked.stdout, "")
    wrong = run(["-m", "keras_vrae"], "train", "--epochs=0", cwd=tmp_path, PYTHONPATH=path)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize("module", IN_THE_LIBRARY)
def test_programs_in_the_library_are_quiet(module, tmp_path):
    done = run(["-m", f"keras_vrae.{module}"], "nowhere", cwd=tmp_path, TF_CPP_MIN_LOG_LEVEL="2")
    assert done.returncode in (1, 2)
    assert done.stderr.startswith(f"keras_vrae.{module}: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "name"), BACKENDS.items())
def test_tensorflow_is_silent_on_every_backend(backend, name, tmp_path):
    importing = f"""if True:
        from keras_vrae_cli import program

        program.load_backend({backend!r})
        import keras_vrae
        import keras

        keras.utils.set_random_seed(1)
        assert "tensorflow" in __import__("sys").modules
    """
    done = run(["-c", importing], cwd=tmp_path, TF_CPP_MIN_LOG_LEVEL="2")
    assert (done.returncode, done.stderr) == (0, f"Loading {name} ...\n")


@pytest.mark.slow
def test_the_package_as_a_program_has_all_its_names(tmp_path):
    program = """if True:
        import sys

        sys.argv, sys.orig_argv = ["-m"], ["python", "-m", "keras_vrae", "train"]
        import keras_vrae

        assert "keras" not in sys.modules
        names = set(keras_vrae.__all__)
        assert "keras" in sys.modules
        from keras_vrae import *

        assert names <= set(globals())
        assert keras_vrae.VAE.__module__ == "keras_vrae.models.vae"
        keras_vrae.no_such_name
    """
    done = run(["-c", program], cwd=tmp_path)
    assert done.stderr.endswith("has no attribute 'no_such_name'\n"), done.stderr


def test_an_unknown_command_is_one_line(no_keras, tmp_path):
    done = run(["-m", "keras_vrae_cli"], "trian", cwd=tmp_path, PYTHONPATH=no_keras)
    assert done.returncode == 2
    assert done.stderr.startswith("keras-vrae: `command` must be one of 'train', 'export'")
    assert done.stderr.endswith("Received: command='trian' Did you mean 'train'?\n")


def test_the_list_of_commands_is_complete(no_keras, tmp_path):
    modules = {path.stem for path in (ROOT / "keras_vrae_cli" / "flags").glob("*.py")}
    assert set(COMMANDS) == modules - {"__init__", "parsers"}
    shown = run(["-m", "keras_vrae_cli"], cwd=tmp_path, PYTHONPATH=no_keras).stdout
    assert re.findall(r"^  (\w+) +[A-Z].*\.$", shown, re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"epoch": 3}', "`config` must hold settings. Received: 'epoch' in c.json Did you mean"),
        ("[1]", "`config` must be a file with a JSON object"),
        ("{", "c.json must be a JSON object"),
        ('{"epochs": "many"}', "`epochs` must be a whole number"),
        (None, "`config` must be a file (No such file or directory)"),
    ],
)
def test_wrong_files_of_settings_are_one_line(content, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "c.json").write_text(content)
    assert main("train", "train_main.py", ["--config=c.json"]) in (1, 2)
    printed = capsys.readouterr().err
    assert words in printed.splitlines()[-1]
    assert "Traceback" not in printed

"""A plugin of pytest: in continuous integration a test that is skipped must have a known reason.

Where the environment variable CI is set, as `.ci/run` does, a skip for any other reason fails the
run, so that no test is left out unnoticed.
"""

import os
import re

import pytest

# What a machine may lack, as the reasons of its skips say; the start of each is compared.
PERMITTED = (
    # Data that are not part of the project.
    "KERAS_VRAE_TEST_DATA does not name a folder with",
    # Programs that pip does not install.
    "none of chromium",
    "node is not installed",
    # Packages of the extra `bench`, and those of which not every Python has a version.
    "could not import '(torch|jax|optax)'",
    "This release of Keras comes without",
    # Of the checks of scikit-learn, for arrays of other packages than NumPy.
    "SCIPY_ARRAY_API is not set",
)
refused = pytest.StashKey()


def note(config, report):
    """Keeps the reason of a skip that is not permitted."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[-1].removeprefix("Skipped: ")
    if not any(re.match(permitted, reason) for permitted in PERMITTED):
        config.stash.setdefault(refused, []).append(f"{report.nodeid}: {reason}")


class Watch:
    def __init__(self, config):
        self.config = config

    def pytest_runtest_logreport(self, report):
        note(self.config, report)

    def pytest_collectreport(self, report):
        note(self.config, report)

    # After the terminal reporter of pytest, which takes the status as it is.
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        if self.config.stash.get(refused, ()) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        for line in self.config.stash.get(refused, ()):
            terminalreporter.write_line(f"NOT PERMITTED TO SKIP {line}", red=True)


def pytest_configure(config):
    if os.environ.get("CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watch(config))

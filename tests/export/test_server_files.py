"""The files of `export/serving`."""

import re

from conftest import ROOT

FOLDER = ROOT / "export" / "serving"


def test_docker_command_and_compose_file_say_the_same():
    readme, compose = ((FOLDER / n).read_text() for n in ("README.md", "docker-compose.yaml"))
    command = readme.split("docker run")[1].split("```")[0]
    arguments = re.findall(r"--(?:model|enable|batching)\S+", command)
    assert arguments == re.findall(r"- (--\S+)", compose)
    assert re.findall(r"-p (\S+)", command) == re.findall(r'"(\d+:\d+)"', compose)
    assert "**not** run" in readme

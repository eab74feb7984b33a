"""The wheel, built once for all tests that install it."""

import subprocess
import sys

import pytest
from chapters import ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Return the path of the package's wheel, made of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    options = ["--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*command, *options], check=True)
    return next(folder.glob("*.whl"))

"""`make book` builds whole when anything has changed, and otherwise not at all."""

import os
import shutil
import subprocess

import pytest
from chapters import ROOT

BUILDER = """#!/bin/sh
echo built >> .built
mkdir -p _build/html && cp book/page.md _build/html/
test ! -e .broken
"""
MADE = [".venv/installed", "book/_static/vendor/live/installed"]


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a book of one page and a builder that keeps count."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("book", ".venv/bin", "fst_lessons"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "book" / "page.md").write_text("one")
    (tmp_path / "fst_lessons" / "module.py").write_text("")
    builder = tmp_path / ".venv" / "bin" / "jupyter-book"
    builder.write_text(BUILDER)
    builder.chmod(0o755)
    return tmp_path


@pytest.fixture
def make(folder):
    def run():
        """Run `make book`; return whether it went well and the times it has built."""
        old = [word for name in MADE for word in ("-o", name)]
        done = subprocess.run(
            ["make", *old, "book"],
            cwd=folder,
            env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
            capture_output=True,
            text=True,
        )
        return done.returncode == 0, len((folder / ".built").read_text().split())

    return run


def test_nothing_is_built_twice(make):
    assert make() == (True, 1)
    assert make() == (True, 1)


def test_every_change_builds_anew(make, folder):
    assert make() == (True, 1)
    module = folder / "fst_lessons" / "module.py"
    module.write_text("x = 1")
    assert make() == (True, 2)
    module.rename(module.with_name("other.py"))  # which changes no file's time
    assert make() == (True, 3)
    (folder / "book" / "new.md").write_text("")
    assert make() == (True, 4)
    (folder / "book" / "new.md").unlink()
    assert make() == (True, 5)
    assert make() == (True, 5)


def test_what_python_leaves_behind_is_no_change(make, folder):
    assert make() == (True, 1)
    (folder / "fst_lessons" / "__pycache__").mkdir()
    (folder / "fst_lessons" / "__pycache__" / "module.pyc").write_text("")
    assert make() == (True, 1)


def test_no_page_outlives_its_source(make, folder):
    make()
    (folder / "_build" / "html" / "gone.html").write_text("")
    (folder / "book" / "page.md").write_text("two")
    make()
    assert [p.name for p in (folder / "_build" / "html").iterdir()] == ["page.md"]


def test_a_build_that_fails_is_tried_again(make, folder):
    (folder / ".broken").write_text("")
    assert make() == (False, 1)
    (folder / ".broken").unlink()
    assert make() == (True, 2)

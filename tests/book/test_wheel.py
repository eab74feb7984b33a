"""The wheel brings the data, and its files can be found without any other package."""

import subprocess
import sys
import zipfile

from chapters import ROOT

LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
from fst_lessons import assets
assert str(assets.data_path()).startswith(sys.argv[1]), assets.data_path()
assert all(assets.verify(assets.photo_path(n)) for n in assets.photo_names())
"""


def test_the_data_comes_along(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    data = [p for p in (ROOT / "data").rglob("*") if p.is_file()]
    wanted = {f"fst_lessons/{path.relative_to(ROOT).as_posix()}" for path in data}
    assert wanted - held == set()


def test_nothing_else_comes_along(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in held}
    assert tops == {"fst_lessons", next(t for t in tops if t.endswith(".dist-info"))}
    assert [name for name in held if "__pycache__" in name] == []


def test_the_data_is_found_where_it_was_installed(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    # -S -E: no other package, and no path to the checkout
    bare = [sys.executable, "-S", "-E", "-c", LOOK, str(tmp_path)]
    subprocess.run(bare, check=True, cwd=tmp_path)

"""A chapter alone in an empty folder, as on Colab: a package installed, no checkout.

All chapters run their setup and their imports, the cheapest runs whole. `FST_LONE=all`
runs every notebook whole, which takes minutes.
"""

import json
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from chapters import NOTEBOOKS, ROOT
from nbclient import NotebookClient
from setup_cell import setup_cell

CHEAPEST = "02_loss_network"
ALL = os.environ.get("FST_LONE") == "all"
WHOLE = [path for path in NOTEBOOKS if ALL or path.stem == CHEAPEST]
ADDRESS = "https://example.org/someone/lessons"
# a notebook's first cells of code in a fresh shell each; what they ask of pip is told
BEGIN = """
import json
import sys
from IPython.core.interactiveshell import InteractiveShell

shell, asked = InteractiveShell.instance(), []
shell.register_magic_function(asked.append, "line", "pip")
for path in sys.argv[2:]:
    shell.reset(new_session=False)
    with open(path, encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    for source in code[:int(sys.argv[1])]:
        shell.run_cell(source).raise_error()
module = sys.modules.get("fst_lessons")
print("\\n" + json.dumps([asked, module and module.__file__, sys.path]))
"""
LIVE = """
from fst_lessons import assets, images
from fst_lessons.loss_network import load_loss_network
from fst_lessons.optimize_image import transfer_style
from fst_lessons.widgets import live_transfer

photo = images.load_image(assets.photo_path("cat"), size=64)
network = load_loss_network("pocket")
transfer_style(photo, photo, loss_network=network, num_steps=2, progress=True)
live_transfer()
"""


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """Return the folder that pip put the wheel into, without a network."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    options = ["--no-index", "--target", str(target), str(wheel)]
    subprocess.run([*command, *options], check=True)
    return target


def environment(*paths):
    """Return the variables of a machine that knows of no checkout."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("FST_", "TQDM_"))}
    return {**own, "PYTHONPATH": os.pathsep.join(map(str, paths))}


def begin(paths, folder, count, *places):
    """Run the first cells of notebooks; return pip's lines, the package, the paths."""
    command = [sys.executable, "-c", BEGIN, str(count), *map(str, paths)]
    done = subprocess.run(
        command, cwd=folder, env=environment(*places), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def lone(path, tmp_path):
    """Return a notebook's copy in an otherwise empty folder."""
    folder = tmp_path / "content"
    folder.mkdir(exist_ok=True)
    return shutil.copy(path, folder)


def test_every_notebook_begins_and_installs_nothing(installed, tmp_path):
    copies = [lone(path, tmp_path) for path in NOTEBOOKS]
    asked, module, paths = begin(copies, tmp_path / "content", 2, installed)
    assert asked == []
    assert module.startswith(str(installed))
    assert [path for path in paths if path.startswith(str(ROOT / "fst_lessons"))] == []
    assert str(ROOT) not in paths


def write(path, source):
    """Write a notebook of one cell."""
    cell = nbformat.v4.new_code_cell(source)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def test_where_it_is_missing_the_package_comes_alone(tmp_path):
    path = write(tmp_path / "a.ipynb", setup_cell(ADDRESS))
    asked, module, _ = begin([path], tmp_path, 1)
    assert asked == [f"install --quiet --no-deps git+{ADDRESS}"]  # and so not torch
    assert module is None


def test_a_notebook_without_an_address_says_so(tmp_path):
    path = write(tmp_path / "a.ipynb", setup_cell("https://github.com/OWNER/REPO"))
    with pytest.raises(AssertionError, match="Set REPOSITORY to the address"):
        begin([path], tmp_path, 1)


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_a_notebook_runs_whole_and_live(path, installed, tmp_path):
    notebook = nbformat.read(lone(path, tmp_path), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(LIVE))
    resources = {"metadata": {"path": str(tmp_path / "content")}}
    # a busy machine is slow, not wrong
    patience = {"timeout": 900, "startup_timeout": 300, "iopub_timeout": 120}
    client = NotebookClient(notebook, resources=resources, **patience)
    client.execute(env=environment(installed))
    shown = notebook.cells[-1].outputs[-1].data
    assert "application/vnd.jupyter.widget-view+json" in shown
    left = {p.name for p in (tmp_path / "content").iterdir()}
    assert left == {path.name}

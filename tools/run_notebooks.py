"""Execute chapters in place and write them back so that two runs give equal files.

    python tools/run_notebooks.py book/01_pixels_and_perception.ipynb

A chapter that fails keeps its old file; the error is printed, the others still run, and
the exit status is 1. To write on stderr is to fail. Widget state, timings and the
kernel's version are dropped, run counts go from 1 to n.
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.update(
    FST_STATIC="1",  # widgets give their still version, and no Output widget is made
    TQDM_DISABLE="1",
    PYTHONHASHSEED="0",
    PYDEVD_DISABLE_FILE_VALIDATION="1",
    MPLBACKEND="module://matplotlib_inline.backend_inline",
)

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

KEPT_METADATA = {"tags", "mystnb"}
# what the built book folds is folded in Jupyter and Colab as well, solutions above all
FOLDED_SOURCE = {"hide-input", "hide-cell"}
FOLDED_OUTPUT = {"hide-output", "hide-cell"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def normalize(notebook):
    """Drop what differs from run to run; alter the executed notebook in place."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    count = 0
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = nbformat.from_dict(
            {
                key: cell.metadata[key]
                for key in sorted(KEPT_METADATA & {*cell.metadata})
            }
        )
        if cell.cell_type == "code":
            count += 1
            fold(cell)
            cell.execution_count = count
            cell.outputs = [clean(o, count) for o in join_streams(cell.outputs)]
    return notebook


def fold(cell):
    """Fold a cell's source and output in live notebooks as its tags do on the page."""
    tags = {*cell.metadata.get("tags", ())}
    folded = {"source_hidden": FOLDED_SOURCE, "outputs_hidden": FOLDED_OUTPUT}
    wanted = {name: True for name, of in folded.items() if tags & of}
    if wanted:
        cell.metadata["jupyter"] = wanted  # JupyterLab and Notebook
    if "source_hidden" in wanted:
        cell.metadata["cellView"] = "form"  # Colab


def join_streams(outputs):
    """Return the outputs, with a text that happened to come in pieces made one."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def clean(output, count):
    """Return one output with its run count set and no live view of a widget."""
    if output.output_type == "execute_result":
        output.execution_count = count
    if "data" in output:
        output.data.pop(WIDGET_VIEW, None)
        output.metadata = nbformat.from_dict({})
    return output


def stderr_of(notebook):
    """Return what a notebook's cells wrote to stderr."""
    streams = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return "".join(
        output.text
        for output in streams
        if output.output_type == "stream" and output.name == "stderr"
    )


def run(path, timeout):
    """Execute one notebook and write it; return the seconds it took.

    Raises:
        RuntimeError: a cell failed, took too long or wrote to stderr.
    """
    start = time.perf_counter()
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # not how the kernel is spoken to
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise RuntimeError(str(error)) from error
    if message := stderr_of(notebook):
        raise RuntimeError(f"a cell wrote to stderr:\n{message}")
    partial = path.with_suffix(".ipynb.part")
    nbformat.write(normalize(notebook), partial)
    os.replace(partial, path)
    return time.perf_counter() - start


def main():
    """Run every notebook named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--timeout", type=int, default=600, help="seconds a cell")
    args = parser.parse_args()
    failed = []
    for path in args.paths:
        try:
            seconds = run(path.resolve(), args.timeout)
        except RuntimeError as error:
            failed.append(path.name)
            print(f"{path}: FAILED, file kept as it was\n{error}", file=sys.stderr)
        else:
            size = path.stat().st_size / 1e3
            print(f"{path}: {seconds:.1f} s, {size:.0f} kB", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

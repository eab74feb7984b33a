"""What nbval needs to run a chapter as Jupyter would."""

from nbval.kernel import RunningKernel


def execute_as_jupyter(self, cell_input, allow_stdin=None):
    """Run a cell and keep it in the history, which nbval by itself does not do.

    IPython looks there for the semicolon that hides a cell's last result.
    """
    return self.kc.execute(
        cell_input, allow_stdin=allow_stdin, store_history=True, stop_on_error=False
    )


RunningKernel.execute_cell_input = execute_as_jupyter

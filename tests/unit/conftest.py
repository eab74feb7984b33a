"""One thread: tiny pictures are quicker so, and a busy machine disturbs them less."""

import gc

import torch

torch.set_num_threads(1)
# torch leaves half a million objects that never go; to look through them takes time
gc.set_threshold(100_000, 50, 100)

# they begin first, so that no processor waits for the other at the end
SLOWEST = ("test_training", "test_lone_notebooks", "test_adjustable_training")


def pytest_collection_modifyitems(items):
    """Put the slowest files first."""
    items.sort(key=lambda item: item.path.stem not in SLOWEST)

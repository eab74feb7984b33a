"""Several processes that train one net: what `torchrun` starts, and nothing else.

`torchrun --nproc-per-node K -m fst_lessons train ...` runs K copies of the command.
Each paints its share of every batch; torch averages the gradients.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Group:
    """One process among those that train together.

    Attributes:
        rank: its number, from 0.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process measures, writes and talks."""
        return self.rank == 0

    def share(self, batch: int) -> range:
        """Return which pictures of a batch this process paints.

        Raises:
            ValueError: the batch cannot be shared out evenly.
        """
        if batch % self.size:
            raise ValueError(
                f"a batch of {batch} cannot be shared by {self.size} processes; "
                f"choose a multiple of {self.size}"
            )
        each = batch // self.size
        return range(self.rank * each, (self.rank + 1) * each)

    def average(self, value: Tensor) -> Tensor:
        """Return the mean of a value over the processes."""
        if self.size == 1:
            return value
        value = value.detach().clone()
        dist.all_reduce(value)
        return value / self.size

    def agree(self, value: float) -> float:
        """Return the leading process' value, on every process."""
        if self.size == 1:
            return value
        box = torch.tensor(value, dtype=torch.float64)
        box = box.cuda() if dist.get_backend() == "nccl" else box
        dist.broadcast(box, 0)
        return float(box)

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net with its gradients averaged over the processes."""
        return DistributedDataParallel(net) if self.size > 1 else net


@contextmanager
def join() -> Iterator[Group]:
    """Give the processes that `torchrun` started, or this one alone without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Group()
        return
    backend = "gloo"
    if torch.cuda.is_available():
        backend = "nccl"
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group(backend)
    try:
        yield Group(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()

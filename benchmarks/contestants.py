"""Who runs in the benchmark, and what: pieces of work as functions without arguments.

A contestant is a module or a file with one or both of

    stylizer() -> paint       paint(photo): (1, 3, H, W) RGB in [0, 1] -> a picture
    trainer(photos) -> step   step(): an update on photos, (4, 3, 256, 256) in [0, 1]

so that `python benchmarks/speed.py --against FILE` can time any implementation.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
from stock_example import StockTrainer, stock_net
from torch import Tensor

from fst_lessons import fast
from fst_lessons.loss_network import fast_loss_network, load_loss_network
from fst_lessons.losses import PerceptualLoss
from fst_lessons.objective import StyleObjective
from fst_lessons.recipes import CONTENT_LAYERS
from fst_lessons.training import train_step
from fst_lessons.transform_net import TransformNet, multiply_adds

BATCH, SIDE = 4, 256
Job = Callable[[], object]


@dataclass(frozen=True)
class Work:
    """A row of the table.

    Attributes:
        kind: "stylize" or "train".
        size: side of the picture, or of the crops.
        width: of our network; the stock example has 32.
        loss_network: of our training step; the stock example has VGG-16.
        bar: how many times faster than the stock example ours is to be.
    """

    kind: str
    size: int
    width: int
    loss_network: str | None
    bar: float

    @property
    def name(self) -> str:
        """What the table calls it."""
        if self.kind == "stylize":
            return f"stylise {self.size} px, width {self.width}"
        return f"training step, width {self.width}, {self.loss_network}"


WORKS = (
    *(Work("stylize", size, 32, None, 2.0) for size in (256, 512, 1024)),
    *(Work("stylize", size, 16, None, 5.0) for size in (256, 512, 1024)),
    Work("train", SIDE, 32, "vgg16", 2.0),
    Work("train", SIDE, 16, "pocket", 12.0),
)
QUICK = (WORKS[0], WORKS[3], WORKS[7])


def pictures(work: Work) -> Tensor:
    """Return noise of the work's shape: speed does not depend on what it shows."""
    count = BATCH if work.kind == "train" else 1
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, 3, work.size, work.size, generator=generator)


def stock_job(work: Work) -> Job:
    """Return the stock example at this work."""
    x = 255 * pictures(work)
    if work.kind == "train":
        trainer = StockTrainer(x[:1])
        return lambda: trainer.step(x)
    return without_gradients(stock_net().eval(), x)


def our_job(work: Work) -> Job:
    """Return this package at this work."""
    x, net = pictures(work), TransformNet(width=work.width)
    if work.kind == "stylize":
        return without_gradients(fast.fast(net.eval()), x)
    pocket = work.loss_network == "pocket"
    network = load_loss_network("pocket" if pocket else "vgg16", **_random(pocket))
    network = fast_loss_network(network)
    layers = CONTENT_LAYERS if pocket else ("relu2_2",)  # the stock example's
    objective = StyleObjective(PerceptualLoss(network, content_layers=layers), x[:1])
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    quick = fast.fast(net)
    return lambda: train_step(quick, x, objective, optimizer)


def _random(pocket: bool) -> dict:
    return {} if pocket else {"weights": None}


def without_gradients(paint: Callable[[Tensor], Tensor], x: Tensor) -> Job:
    """Return the painting of one picture, as a user would run it."""

    def job() -> Tensor:
        with torch.no_grad():
            return paint(x)

    return job


def outsider(path: str | Path) -> ModuleType:
    """Import another contestant from a file.

    Raises:
        ValueError: no such file, or neither `stylizer` nor `trainer` in it.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"no file {path}; --against needs a Python file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "stylizer") and not hasattr(module, "trainer"):
        raise ValueError(f"{path} defines neither stylizer() nor trainer(photos)")
    return module


def outsider_job(module: ModuleType, work: Work) -> Job | None:
    """Return another implementation at this work; None where it has nothing to show."""
    if work.kind == "train":
        return module.trainer(pictures(work)) if hasattr(module, "trainer") else None
    if not hasattr(module, "stylizer"):
        return None
    return without_gradients(module.stylizer(), pictures(work))


def operations(work: Work, *, stock: bool) -> float:
    """Return the multiplications and additions of a work, as the layers count them.

    Rewriting a layer changes what is multiplied, not this number. A training step
    counts a network trained three times (forward, and backward to its input and to its
    weights) and the frozen judge three times (painting, photograph, backward).
    """
    net = TransformNet(width=32 if stock else work.width)
    count = multiply_adds(net, height=work.size, width=work.size)
    if work.kind == "train":
        name = "pocket" if work.loss_network == "pocket" and not stock else "vgg16"
        judge = load_loss_network(name, **_random(name == "pocket"))
        painting = judge.multiply_adds("relu4_3", work.size, work.size)
        content = CONTENT_LAYERS[0] if name == "pocket" else "relu2_2"
        deepest = "relu4_3" if stock else content
        photograph = judge.multiply_adds(deepest, work.size, work.size)
        count = BATCH * (3 * count + 2 * painting + photograph)
    return 2.0 * count


def copy_weights(source: torch.nn.Module, target: torch.nn.Module) -> None:
    """Give one network the other's weights, layer by layer in order."""
    values = list(source.state_dict().values())
    names = list(target.state_dict())
    target.load_state_dict(dict(zip(names, values, strict=True)))


def difference(work: Work) -> float:
    """Return the mean difference in 0..255 between the stock network and ours.

    Same weights, same input; the stock network's missing last step, the squashing to
    0..1, is added.
    """
    torch.manual_seed(0)
    stock, net, x = stock_net().eval(), TransformNet().eval(), pictures(work)
    copy_weights(stock, net)
    with torch.no_grad():
        gap = torch.sigmoid(stock(x)) - fast.fast(net)(x)
    return 255 * float(gap.abs().mean())

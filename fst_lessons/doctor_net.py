"""The doctor's look at a transform net: a function of photographs that paints."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .symptoms import INFINITE, Chart, Reading, Symptom, stopped

FLAT = 160  # pixels: its middle lies beyond the reach of a 111-pixel receptive field
RIM, MIDDLE = 4, 48
_BATCH_NORMS = (nn.BatchNorm2d, nn.SyncBatchNorm)
_NORMS = (*_BATCH_NORMS, nn.InstanceNorm2d)

SYMPTOMS = {
    "weights not finite": Symptom(
        look="a colour missing, a black painting or none",
        measure="weights that are NaN or infinite",
        healthy=((0, 0),),
        cause="the training overflowed, or weights beyond 65504 were saved in float16",
        advice="go back to the last good file; train with a lower learning rate",
    ),
    "painting not finite": Symptom(
        look="holes, white or black; often all of it",
        measure="share of the painting that is NaN or infinite",
        healthy=((0, 0),),
        cause="an overflow on the way, most often in half precision",
        advice="paint in float32; if it stays, look at the weights",
    ),
    "out of range": Symptom(
        look="white or black all over once it is saved",
        measure="largest value painted, 0 being mid-grey and 1 white",
        healthy=((0, 1.2),),
        cause="the net paints in other units: 0 to 255, or without any bound",
        advice="end in a sigmoid, or divide and clamp after the net",
    ),
    "saturated": Symptom(
        look="a poster of pure colours, or one flat colour",
        measure="share of the values that are stuck at black or white",
        healthy=((0, 0.5),),
        cause="the last layer's values are so large that tanh or sigmoid is flat: the "
        "learning rate was too high, and no gradient leads back",
        advice="start again with a tenth of the learning rate, or clip gradients",
    ),
    "photograph ignored": Symptom(
        look="the same picture whatever goes in",
        measure="mean difference of the paintings of two photographs",
        healthy=((0.02, INFINITE),),
        cause="the net was not trained, or the content term did not count",
        advice="check that its weights were loaded; then the balance of the loss",
    ),
    "checkerboard": Symptom(
        look="a fine regular grid, plain on skies",
        measure="grid of 4 pixels on a flat grey picture, standard deviation",
        healthy=((0, 1 / 255),),
        cause="transposed convolutions put more copies of their kernel on some pixels",
        advice="nearest-neighbour resize, then a convolution; or train on",
    ),
    "frame": Symptom(
        look="a border of a few pixels in another colour",
        measure="rim of a painted flat grey picture, less its middle",
        healthy=((0, 0.02),),
        cause="zero padding: the net sees a black frame around every photograph",
        advice="padding_mode='reflect' in every convolution",
    ),
    "size changes": Symptom(
        look="the painting is a few pixels larger or smaller than the photograph",
        measure="pixels by which a side differs for a photograph of 61 x 67",
        healthy=((0, 0),),
        cause="two halvings and two doublings give back multiples of 4 only",
        advice="pad to a multiple of 4 by reflection, crop the painting",
    ),
    "neighbours show through": Symptom(
        look="the same photograph painted differently in another batch",
        measure="mean change of a painting when another photograph is beside it",
        healthy=((0, 2 / 255),),
        cause="batch norm in training mode averages over the batch",
        advice="net.eval() before painting; instance norm in the next net",
    ),
    "stored averages do not fit": Symptom(
        look="good previews while training, faded or garish afterwards",
        measure="mean change of a painting between training and evaluation mode",
        healthy=((0, 0.1),),
        cause="batch norm's running averages were never collected, were lost, or come "
        "from batches of one",
        advice="run a few hundred photographs through the net in training mode, or "
        "use instance norm",
    ),
    "instance norm keeps averages": Symptom(
        look="good previews while training, faded or garish afterwards",
        measure="mean change of a painting between training and evaluation mode",
        healthy=((0, 0.1),),
        cause="InstanceNorm2d(track_running_stats=True) paints by stored averages in "
        "evaluation mode: batch norm in disguise",
        advice="leave that argument out and drop the keys running_mean, running_var",
    ),
}


def examine_net(
    net: Callable[[Tensor], Tensor], photos: Tensor, *, where: str = ""
) -> Iterator[Reading]:
    """Yield the readings of a net.

    Args:
        net: photographs `(N, 3, H, W)` in [0, 1] -> paintings; a module keeps its mode.
        photos: `(2, 3, S, S)`, two photographs.
        where: said of every reading.
    """
    chart = Chart(SYMPTOMS, where)
    try:
        weights = list(net.parameters()) if isinstance(net, nn.Module) else []
        broken = sum(int((~w.isfinite()).sum()) for w in weights)
        yield (first := chart.read("weights not finite", broken))
        if not first.ill:
            yield from _paintings(net, photos, chart)
    except Exception as error:  # whatever a reader's net stumbles over
        yield stopped("net", error)


@torch.no_grad()
def _paintings(
    net: Callable[[Tensor], Tensor], photos: Tensor, chart: Chart
) -> Iterator[Reading]:
    alone = torch.cat([net(photo.clone()) for photo in photos.split(1)]).float()
    for look in (_averages, _values):  # what explains all that would follow
        readings = list(look(net, photos, alone, chart))
        yield from readings
        if any(reading.ill for reading in readings):
            return
    moved = (net(photos.clone()) - alone).abs().mean()
    yield chart.read("neighbours show through", moved)
    yield (size := _size(net, photos, chart))
    if not size.ill:
        yield from _flat(net, photos, chart)


def _averages(
    net: Callable, photos: Tensor, alone: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield how far norms that paint by stored averages stray from the photographs'."""
    modules = net.modules() if isinstance(net, nn.Module) else ()
    norms = [m for m in modules if isinstance(m, _NORMS)]
    storing = [m for m in norms if m.track_running_stats and not m.training]
    if not storing:
        return
    for norm in storing:
        norm.train()
    fresh = net(photos.clone())
    for norm in storing:
        norm.eval()
    batch = any(isinstance(m, _BATCH_NORMS) for m in storing)
    name = "stored averages do not fit" if batch else "instance norm keeps averages"
    yield chart.read(name, (fresh - alone).abs().mean())


def _values(
    net: Callable, photos: Tensor, alone: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield the one fault of the values, or all the numbers where there is none."""
    stuck = (alone < 1 / 255) | (alone > 254 / 255)
    between = (alone[0] - alone[1]).abs().mean()
    readings = [
        chart.read("painting not finite", 1 - alone.isfinite().float().mean()),
        chart.read("out of range", 2 * (alone - 0.5).abs().max()),
        chart.read("saturated", stuck.float().mean()),
        chart.read("photograph ignored", between),
    ]
    ill = [reading for reading in readings if reading.ill]
    yield from ill[:1] or readings


def _flat(net: Callable, photos: Tensor, chart: Chart) -> Iterator[Reading]:
    """Yield what a net makes of nothing: grey, where every pattern is its own."""
    painted = net(torch.full((1, 3, FLAT, FLAT), 0.5).to(photos)).float()
    start = (FLAT - MIDDLE) // 2
    inside = painted[..., start : start + MIDDLE, start : start + MIDDLE]
    # rows and columns that stand alike on the grid, averaged: (N, C, 4, 4)
    tiles = inside.unflatten(3, (-1, 4)).unflatten(2, (-1, 4)).mean(dim=(2, 4))
    grid = chart.read("checkerboard", tiles.std(dim=(2, 3), correction=0).max())
    yield grid
    if grid.ill:  # transposed convolutions lay fewer copies at the border, too
        return
    # FLAT and start are multiples of 4, so the tile continues to the border
    change = (painted - tiles.repeat(1, 1, FLAT // 4, FLAT // 4)).abs().mean((0, 1))
    rim = torch.ones_like(change, dtype=torch.bool)
    rim[RIM:-RIM, RIM:-RIM] = False
    yield chart.read("frame", change[rim].mean())


def _size(net: Callable, photos: Tensor, chart: Chart) -> Reading:
    odd = F.interpolate(photos[:1], (61, 67), mode="bilinear")
    sides = zip(net(odd).shape[-2:], odd.shape[-2:], strict=True)
    return chart.read("size changes", max(abs(a - b) for a, b in sides))

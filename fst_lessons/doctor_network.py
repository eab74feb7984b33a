"""The doctor's look at a loss network, whoever wrote it.

Nothing is asked of it but to be a function of pictures. What it does to their colours
is seen where they arrive: the first convolution of three channels is watched while
black, red, green and blue pictures pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .loss_network import CAFFE, IMAGENET, LossNetwork
from .recipes import STYLE_LAYERS
from .symptoms import Chart, Reading, Symptom, stopped

Features = dict[str, Tensor]

ZERO = "brightness that the first convolution takes for zero"
SPAN = "white less black, where the first convolution gets them"
RIGHT_ZERO = ((0.38, 0.52),)
RIGHT_SPAN = ((4.2, 4.7), (250.0, 260.0))  # of torchvision's weights, of Caffe's
_INSIDE = "do it once, as the loss network's first step: (x - mean) / std"

SYMPTOMS = {
    "normalization missing": Symptom(
        look="dark and patchy where the right painting is calm",
        measure=ZERO,
        healthy=RIGHT_ZERO,
        cause="the network was trained on colours with mean 0 and gets 0 to 1 (or 0 to "
        "255) as stored",
        advice=_INSIDE,
    ),
    "normalized twice": Symptom(
        look="nearly right; skies and other plain areas take on a tint",
        measure=SPAN,
        healthy=RIGHT_SPAN,
        cause="once while loading and once more inside the loss network",
        advice=_INSIDE,
    ),
    "network fed 0 to 255": Symptom(
        look="contours in relief, patches in plain areas, enormous losses",
        measure=SPAN,
        healthy=RIGHT_SPAN,
        cause="0 to 255 went into a normalization that was written for 0 to 1",
        advice="divide by 255 before it, or leave the pictures in [0, 1]",
    ),
    "network fed 0 to 1/255": Symptom(
        look="dark and dull; all pictures look alike to the network",
        measure=SPAN,
        healthy=RIGHT_SPAN,
        cause="pictures in [0, 1] were divided by 255 once more",
        advice="leave out the second division",
    ),
    "another normalization": Symptom(
        look="nearly right, and no number of yours agrees with others",
        measure=SPAN,
        healthy=RIGHT_SPAN,
        cause="neither what torchvision's VGG was trained with nor what Caffe's was",
        advice="use the mean and deviation that belong to your weights",
    ),
    "channels swapped": Symptom(
        look="colours and strokes that belong elsewhere",
        measure="share of red in the channel that the weights know as red",
        healthy=((0.9, 1.0),),
        cause="weights trained on RGB were given BGR, or the other way round",
        advice="torchvision's weights want RGB; Caffe's want BGR with the means in "
        "that order",
    ),
    "overwritten in place": Symptom(
        look="a feature of the wrong layer; nothing complains",
        measure="features that no longer hold what their layer gave",
        healthy=((0, 0),),
        cause="a ReLU(inplace=True) wrote over the response that had been kept",
        advice="replace it by nn.ReLU(inplace=False), or keep x.clone()",
    ),
    "picture overwritten": Symptom(
        look="the second call gives other features than the first",
        measure="largest change of the picture that was handed in",
        healthy=((0, 0),),
        cause="the normalization works in place (div_, sub_, -=) on the caller's batch",
        advice="(x - mean) / std makes a new tensor",
    ),
    "no gradient to the picture": Symptom(
        look="the loss never moves",
        measure="share of the features that send a gradient back to the picture",
        healthy=((1, 1),),
        cause="torch.no_grad(), .detach() or .data stands between picture and features",
        advice="freeze the weights by requires_grad_(False) instead",
    ),
    "not frozen": Symptom(
        look="slow, and twice the memory",
        measure="weights of the loss network that want a gradient",
        healthy=((0, 0),),
        cause="a measuring instrument is not to be trained",
        advice="loss_network.requires_grad_(False)",
        grave=False,
    ),
    "restless": Symptom(
        look="the loss jumps though nothing changed",
        measure="change of a picture's features when it has company in the batch",
        healthy=((0, 0.01),),
        cause="batch norm or dropout in training mode",
        advice="loss_network.eval()",
    ),
    "features not finite": Symptom(
        look="NaN in the first step",
        measure="share of activations that are NaN or infinite",
        healthy=((0, 0),),
        cause="weights that are damaged, or an overflow in half precision",
        advice="compute the loss network in float32 or bfloat16, and check its weights",
    ),
}
_COLOURS = (
    "normalization missing",
    "normalized twice",
    "network fed 0 to 255",
    "network fed 0 to 1/255",
    "another normalization",
)


def as_function(
    network: Callable, layers: Sequence[str] | None = None
) -> Callable[[Tensor], Features]:
    """Return a loss network as a function: pictures -> {layer: features}.

    Args:
        network: a `LossNetwork`, or any function of pictures `(N, 3, H, W)` that
            returns features: a mapping, a named tuple, a sequence or one tensor.
        layers: names of what a sequence holds; unnamed are numbered.

    Raises:
        TypeError: it returned something else.
    """
    if isinstance(network, LossNetwork):
        return lambda images: network(images, tuple(layers or STYLE_LAYERS))

    def features(images: Tensor) -> Features:
        found = network(images)
        if isinstance(found, Mapping):
            return dict(found)
        found = [found] if isinstance(found, Tensor) else found
        names = layers or getattr(found, "_fields", None) or range(len(found))
        if not all(isinstance(feature, Tensor) for feature in found):
            raise TypeError("a loss network returns feature maps, tensors (N, C, H, W)")
        return {str(n): f for n, f in zip(names, found, strict=True)}

    return features


class _FirstConvolution(TorchFunctionMode):
    """Keeps what reaches the first convolution that looks for patterns.

    A convolution of one pixel from three channels to three is a change of colours and
    counts as part of the normalization.
    """

    seen: Tensor | None = None

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.conv2d and self.seen is None:
            x, weight = args[0], args[1] if len(args) > 1 else kwargs["weight"]
            if x.shape[-3] == 3 and tuple(weight.shape) != (3, 3, 1, 1):
                self.seen = x.detach().float().clone()
        return function(*args, **(kwargs or {}))


def examine_loss_network(
    network: Callable, photo: Tensor, *, layers: Sequence[str] | None = None
) -> Iterator[Reading]:
    """Yield the readings of a loss network.

    Args:
        network: see `as_function`.
        photo: `(1, 3, H, W)` in [0, 1], healthy.
        layers: see `as_function`.
    """
    chart, features = Chart(SYMPTOMS), as_function(network, layers)
    try:
        yield from _colours(features, photo, chart)
        yield from _memory(features, photo, chart)
        yield from _gradient(features, photo, chart)
        yield from _company(features, photo, chart)
    except Exception as error:  # whatever a reader's network stumbles over
        yield stopped("loss network", error)
    if isinstance(network, nn.Module):
        wanting = sum(p.numel() for p in network.parameters() if p.requires_grad)
        yield chart.read("not frozen", wanting)


@torch.no_grad()
def _colours(
    features: Callable[[Tensor], Features], photo: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield what is wrong with the normalization, or all numbers if nothing is."""
    side = min(photo.shape[-2:])
    flat = torch.zeros(4, 3, side, side).to(photo)  # black, red, green, blue
    for channel in range(3):
        flat[1 + channel, channel] = 1
    answers = []
    for picture in flat:
        with _FirstConvolution() as watch:
            features(picture[None].clone())
        if watch.seen is None:
            return  # no convolution of colours: nothing can be said
        answers.append(watch.seen[0, :, side // 2, side // 2])
    black, *rest = answers
    yield from _name_colours(torch.stack(rest, dim=1) - black[:, None], black, chart)


def _name_colours(turn: Tensor, black: Tensor, chart: Chart) -> Iterator[Reading]:
    """Yield readings of the affine map that pictures went through.

    Args:
        turn: `(3, 3)`, how channel i answers to colour j.
        black: `(3,)`, what black becomes.
        chart: to read on.
    """
    spans = turn.sum(dim=1)
    zeros = -black / spans
    span, zero = float(spans.mean()), float(zeros.mean())
    name = _normalization(span, zero)
    order = _order(turn, zeros, span)
    if name is not None:
        yield chart.read(name, zero if name == "normalization missing" else span)
        return
    for known in _COLOURS:
        yield chart.read(known, zero if known == "normalization missing" else span)
    yield chart.read("channels swapped", order)


def _normalization(span: float, zero: float) -> str | None:
    """Return the name of a mistake, None if the colours are right."""
    mean, std = (sum(values) / 3 for values in (IMAGENET.mean, IMAGENET.std))
    known = {
        "normalization missing": [(1.0, 0.0), (255.0, 0.0)],
        "normalized twice": [(1 / std**2, mean + mean * std)],
        "network fed 0 to 255": [(255 / std, mean / 255)],
        "network fed 0 to 1/255": [(1 / std / 255, 255 * mean), (1 / 255, 0.0)],
    }
    for name, maps in known.items():
        for wrong_span, wrong_zero in maps:
            near = abs(zero - wrong_zero) < 0.05 + 0.05 * abs(wrong_zero)
            if abs(span / wrong_span - 1) < 0.1 and near:
                return name
    ((low, high),) = RIGHT_ZERO
    right = low <= zero <= high and any(a <= span <= b for a, b in RIGHT_SPAN)
    return None if right else "another normalization"


def _order(turn: Tensor, zeros: Tensor, span: float) -> float:
    """Return the share of red in the channel that should see red.

    That is the first one for torchvision's weights. Caffe's come in both orders; the
    channel with the largest mean is red.
    """
    caffe = abs(span * CAFFE.std[0] - 1) < 0.1
    red = int(zeros.argmax()) if caffe else 0
    if not caffe and int(zeros.argmax()) != 0:
        return 0.0  # the means are turned round
    shares = turn[red].abs() / turn[red].abs().sum()
    return float(shares[0])


@torch.no_grad()
def _memory(
    features: Callable[[Tensor], Features], photo: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield what was written over: the picture, or features that were kept."""
    given = photo.clone()
    found = features(given)
    yield chart.read("picture overwritten", (given - photo).abs().max())
    broken = {n: 1 - float(f.isfinite().float().mean()) for n, f in found.items()}
    first = next((f"first {name}" for name, share in broken.items() if share), "")
    yield chart.read("features not finite", max(broken.values()), first)
    lost = [n for n, f in found.items() if n.startswith("conv") and f.min() >= 0]
    homes: dict[int, str] = {}
    for name, feature in found.items():
        if homes.setdefault(feature.data_ptr(), name) != name:
            lost.append(name)
    lost = list(dict.fromkeys(lost))
    yield chart.read("overwritten in place", len(lost), ", ".join(lost))


def _gradient(
    features: Callable[[Tensor], Features], photo: Tensor, chart: Chart
) -> Iterator[Reading]:
    leaf = photo.clone().requires_grad_(True)
    found = features(leaf * 1)  # not the leaf, which must not be written over
    lost = [name for name, feature in found.items() if not feature.requires_grad]
    share = 1 - len(lost) / len(found)
    yield chart.read("no gradient to the picture", share, ", ".join(lost))


@torch.no_grad()
def _company(
    features: Callable[[Tensor], Features], photo: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield how a second picture in the batch changes the features of the first."""
    alone = features(photo.clone())
    together = features(torch.cat([photo, 0.2 * photo]))
    changes = [
        float((together[name][:1] - f).norm() / f.norm().clamp_min(1e-12))
        for name, f in alone.items()
    ]
    yield chart.read("restless", max(changes))

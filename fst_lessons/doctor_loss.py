"""The doctor's look at a loss, taken apart without opening it.

A loss is a function of (painted, photograph, style). Asked about chosen pictures it
gives away its terms: content is 0 where painted and photograph are one, style is 0
where painted and style are one.

    total variation   L(y, y, y)
    style             L(y, y, s) - L(y, y, y)
    content           L(y, c, y) - L(y, y, y)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from .losses import PerceptualLoss
from .symptoms import INFINITE, Chart, Reading, Symptom, stopped

Terms = tuple[Tensor, Mapping[str, Tensor]]
Loss = Callable[[Tensor, Tensor, Tensor], Terms]

# with the book's weights, 36 pairs of pictures gave 88 to 367
BALANCE = (
    "multiply the style weight by 100 / this number and look; losses.suggest_weights "
    "balances for a picture of yours"
)

SYMPTOMS = {
    "loss not finite": Symptom(
        look="NaN in the first step, then a black painting",
        measure="terms of the loss that are NaN or infinite",
        healthy=((0, 0),),
        cause="a square root at 0, a division by 0, or an overflow",
        advice="compute the terms one by one: the first that is not finite is the one",
    ),
    "no gradient": Symptom(
        look="nothing changes, whatever the learning rate",
        measure="share of the painting that the loss would change",
        healthy=((0.5, 1),),
        cause="item(), detach(), no_grad() or a new tensor lies between painting and "
        "loss",
        advice="keep everything a tensor until backward()",
    ),
    "targets not detached": Symptom(
        look="nothing here; 'backward through the graph a second time', or memory that "
        "grows",
        measure="share of photograph and style that the loss would change, too",
        healthy=((0, 0),),
        cause="the targets' features were kept together with their history",
        advice="measure targets once, under torch.no_grad(), or .detach() them",
    ),
    "Gram mixes the batch": Symptom(
        look="fine alone; in a batch, pictures lend each other the style",
        measure="style loss of two pictures in a batch, in parts of their own",
        healthy=((0.97, 1.03),),
        cause="one Gram matrix was made of all pictures of the batch",
        advice="features.flatten(2), of shape (N, C, H*W), keeps them apart: "
        "(N, C, C) comes out",
    ),
    "loss grows with the batch": Symptom(
        look="nothing here; another batch size wants another learning rate",
        measure="loss of four copies, in parts of one",
        healthy=((0, 1.1),),
        cause="losses of the pictures were added up, not averaged, or a Gram matrix "
        "was made of all of them and divided as if of one",
        advice="mean over the batch axis; each picture its own Gram matrix",
    ),
    "loss shrinks with the batch": Symptom(
        look="another batch size paints another picture",
        measure="loss of four copies, in parts of one",
        healthy=((0.9, INFINITE),),
        cause="the Gram matrix was divided by N as well, and is squared afterwards",
        advice="divide by C*H*W, of one picture; average over the batch at the end",
    ),
    "Gram not divided": Symptom(
        look="losses of 1e10; a weight found by others leaves no photograph",
        measure="style loss at twice the size, in parts of that at the size",
        healthy=((0, 3.0),),
        cause="the Gram matrix is a sum over H*W places and grows with them",
        advice="divide it by C*H*W",
    ),
    "Gram divided twice": Symptom(
        look="a weight found by others paints nothing",
        measure="style loss at twice the size, in parts of that at the size",
        healthy=((1 / 3, INFINITE),),
        cause="the Gram matrix was divided by H*W twice, by hand and by a mean",
        advice="divide once by C*H*W, then multiply psi by its transpose",
    ),
    "Gram of places": Symptom(
        look="the style picture itself shows through, at its own places",
        measure="style loss of the style picture, rolled, in parts of a photograph's",
        healthy=((-0.1, 0.35),),
        cause="places were compared, not channels: psi^T psi for psi psi^T, or the "
        "features themselves",
        advice="psi of shape (C, H*W) times its transpose is (C, C)",
    ),
    "overflow in half precision": Symptom(
        look="fine in float32, NaN with autocast",
        measure="value in float16, in parts of that in float32",
        healthy=((0.5, 2.0),),
        cause="float16 ends at 65504, and a Gram matrix adds up thousands of squares",
        advice="features.float() / (C*H*W)**0.5 before the product, autocast off",
    ),
    "style drowns": Symptom(
        look="the photograph again, hardly painted",
        measure="pull of the style on the painting, in parts of the content's",
        healthy=((0.5, INFINITE),),
        cause="lambda_s is too small for this loss, these layers and this network",
        advice=BALANCE,
    ),
    "content drowns": Symptom(
        look="strokes and colours, and no photograph left",
        measure="pull of the style on the painting, in parts of the content's",
        healthy=((0, 5000.0),),
        cause="lambda_s is too large for this loss, these layers and this network",
        advice=BALANCE,
    ),
    "total variation smears": Symptom(
        look="smooth as wax, strokes gone",
        measure="pull of total variation, in parts of style and content together",
        healthy=((0, 0.25),),
        cause="lambda_TV is too large: often a value made for a sum, or for 0 to 255",
        advice="divide lambda_TV by 100 times this number, or leave the term out",
    ),
    "clamp in the loss": Symptom(
        look="white and black specks that never go away",
        measure="share of pixels beyond [0, 1] that the loss pulls back",
        healthy=((0.5, 1.0),),
        cause="a clamp inside the loss has no gradient beyond its ends",
        advice="clamp after the optimizer's step, outside the loss; a net ends in a "
        "sigmoid",
    ),
}


def as_loss(loss: PerceptualLoss | Callable) -> Loss:
    """Return a loss as a function of (painted, photograph, style) -> (total, terms).

    Args:
        loss: a `PerceptualLoss`, or such a function, which may return the total alone.
    """
    if not isinstance(loss, PerceptualLoss):
        return lambda *pictures: _with_terms(loss(*pictures))

    def objective(painted: Tensor, photograph: Tensor, style: Tensor) -> Terms:
        return loss(painted, loss.targets(content=photograph, style=style))

    return objective


def _with_terms(value: object) -> Terms:
    total, *rest = value if isinstance(value, tuple) else (value,)
    if not isinstance(total, Tensor) or total.numel() != 1:
        raise TypeError("a loss returns one number, a tensor, or (number, terms)")
    terms = rest[0] if rest and isinstance(rest[0], Mapping) else {}
    return total.reshape(()), terms


class _Terms:
    """A loss, its terms apart; pictures are handed over as copies."""

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    def total(self, painted: Tensor, photograph: Tensor, style: Tensor) -> Tensor:
        if len(style) != len(painted):
            style = style.expand(len(painted), -1, -1, -1)
        return self.loss(painted, photograph.clone(), style.clone())[0]

    def broken(self, *pictures: Tensor) -> list[str]:
        """Return which terms are not finite, or that the total is not."""
        total, terms = self.loss(*pictures)
        lost = [f"first the {n} term" for n, v in terms.items() if not _finite(v)]
        return lost or ([] if _finite(total) else ["the total"])

    def tv(self, y: Tensor) -> Tensor:
        return self.total(y, y.detach(), y.detach()[:1])

    def style(self, y: Tensor, style: Tensor) -> Tensor:
        same = y.detach()
        return self.total(y, same, style) - self.total(y, same, same)

    def content(self, y: Tensor, photograph: Tensor) -> Tensor:
        same = y.detach()
        return self.total(y, photograph, same) - self.total(y, same, same)


def examine_loss(
    loss: PerceptualLoss | Callable, photo: Tensor, style: Tensor
) -> Iterator[Reading]:
    """Yield the readings of a loss.

    Args:
        loss: see `as_loss`.
        photo: `(1, 3, S, S)` in [0, 1], healthy.
        style: the same shape.
    """
    chart, terms = Chart(SYMPTOMS), _Terms(as_loss(loss))
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(photo.shape, generator=generator).to(photo)
    near = (photo + 0.1 * noise).clamp(0, 1)
    try:
        broken = terms.broken(near, photo, style)
        yield (first := chart.read("loss not finite", len(broken), "".join(broken[:1])))
        if first.ill:
            return
        # what does not depend on size is asked of smaller pictures
        small = [F.avg_pool2d(picture, 2) for picture in (near, photo, style)]
        yield from _gradients(terms, *small, chart)
        yield from (gram := list(_gram(terms, near, style, chart)))
        if any(reading.ill for reading in gram):
            return  # it explains what would follow
        yield from _batches(terms, small[0], small[2], chart)
        yield from _half(terms, small, chart)
        yield from _balance(terms, photo, style, chart)
    except Exception as error:  # whatever a reader's loss stumbles over
        yield stopped("loss", error)


def _finite(value: Tensor | float) -> bool:
    return bool(torch.as_tensor(value).detach().isfinite().all())


def _pull(value: Tensor, leaf: Tensor) -> Tensor:
    """Return the gradient of a number with respect to a picture, 0 if it has none."""
    if not value.requires_grad:
        return torch.zeros_like(leaf)
    (gradient,) = torch.autograd.grad(value, leaf, allow_unused=True)
    return torch.zeros_like(leaf) if gradient is None else gradient


def _gradients(
    terms: _Terms, near: Tensor, photo: Tensor, style: Tensor, chart: Chart
) -> Iterator[Reading]:
    leaves = [x.clone().requires_grad_(True) for x in (near, photo, style)]
    total = terms.total(*(leaf * 1 for leaf in leaves))
    gradients = [None] * 3
    if total.requires_grad:
        gradients = torch.autograd.grad(total, leaves, allow_unused=True)
    shares = [0.0 if g is None else float(g.ne(0).float().mean()) for g in gradients]
    yield (moved := chart.read("no gradient", shares[0]))
    yield chart.read("targets not detached", sum(s > 0 for s in shares[1:]) / 2)
    if not moved.ill:
        beyond = (1.6 * (near - 0.5) + 0.5).requires_grad_(True)
        outside = (beyond < 0) | (beyond > 1)
        gradient = _pull(terms.total(beyond * 1, photo, style), beyond)
        pulled = float(gradient[outside].ne(0).float().mean()) if outside.any() else 1
        yield chart.read("clamp in the loss", pulled)


@torch.no_grad()
def _batches(
    terms: _Terms, near: Tensor, style: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield how the style loss of a batch follows from that of its pictures."""
    pictures = [near, 1 - near]
    alone = [float(terms.style(x.repeat(2, 1, 1, 1), style)) for x in pictures]
    together = float(terms.style(torch.cat(pictures), style))
    mixed = chart.read("Gram mixes the batch", together / (sum(alone) / 2))
    yield mixed
    if not mixed.ill:
        four = float(terms.style(near.repeat(4, 1, 1, 1), style))
        growth = four / float(terms.style(near, style))
        yield chart.read("loss grows with the batch", growth)
        yield chart.read("loss shrinks with the batch", growth)


@torch.no_grad()
def _gram(
    terms: _Terms, near: Tensor, style: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield how the style loss follows size and place, which it should not mind."""
    once = float(terms.style(near, style))
    height, width = style.shape[-2:]
    rolled = style.roll((height // 4, width // 4), dims=(2, 3))
    places = chart.read("Gram of places", float(terms.style(rolled, style)) / once)
    yield places
    if not places.ill:
        tiled = (near.repeat(1, 1, 2, 2), style.repeat(1, 1, 2, 2))
        growth = float(terms.style(*tiled)) / once
        yield chart.read("Gram not divided", growth)
        yield chart.read("Gram divided twice", growth)


@torch.no_grad()
def _half(terms: _Terms, pictures: list[Tensor], chart: Chart) -> Iterator[Reading]:
    full = float(terms.total(*pictures))
    with torch.autocast(pictures[0].device.type, dtype=torch.float16):
        half = float(terms.total(*pictures))
    yield chart.read("overflow in half precision", half / full)


def _balance(
    terms: _Terms, photo: Tensor, style: Tensor, chart: Chart
) -> Iterator[Reading]:
    """Yield how hard each term pulls, halfway between photograph and style.

    There the ratio depends least on the two pictures.
    """
    pulls = {}
    for name, target in (("content", photo), ("style", style), ("tv", None)):
        leaf = ((photo + style) / 2).requires_grad_(True)
        given = () if target is None else (target,)
        pulls[name] = float(_pull(getattr(terms, name)(leaf, *given), leaf).norm())
    if pulls["content"] > 0 and pulls["style"] > 0:
        ratio = pulls["style"] / pulls["content"]
        yield chart.read("style drowns", ratio)
        yield chart.read("content drowns", ratio)
    others = pulls["content"] + pulls["style"]
    if others > 0:
        yield chart.read("total variation smears", pulls["tv"] / others)

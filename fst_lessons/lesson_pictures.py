"""Pictures a loss network learns from that no camera took.

An optimizer soon leaves the photographs. A network that only ever saw photographs is a
poor guide there, so it is also shown bent photographs, and pictures on their way from a
photograph to a style.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .datasets import random_crops
from .loss_network import LossNetwork
from .losses import PerceptualLoss


class PaintedPictures:
    """Pictures under way: each is a style transfer against the student, never finished.

    Every call moves them one Adam step on. When they have come of age, new ones begin.

    Args:
        student: the loss network that is being trained, which guides the painting.
        photos: `(1, 3, H, W)` uint8, the contents.
        styles: the same, the styles.
        size: side of a picture in pixels.
        chance: source of crops, weights, rates and ages.
        noise: source of noisy starts.
    """

    def __init__(
        self,
        student: LossNetwork,
        photos: Sequence[Tensor],
        styles: Sequence[Tensor],
        *,
        size: int,
        chance: random.Random,
        noise: torch.Generator,
    ) -> None:
        self.student, self.photos, self.styles = student, photos, styles
        self.size, self.chance, self.noise = size, chance, noise
        self.age = self.lifetime = 0

    def step(self, count: int) -> Tensor:
        """Return pictures `(count, 3, size, size)` in [0, 1], one step further."""
        if self.age >= self.lifetime:
            self._begin(count)
        self.age += 1
        total, _ = self.loss(self.images, self.targets)
        # the loss is a mean over pictures: undo that, each has its own way to go
        (self.images.grad,) = torch.autograd.grad(total * count, self.images)
        self.optimizer.step()
        with torch.no_grad():
            self.images.clamp_(0, 1)
        return self.images.detach().clone()

    def _begin(self, count: int) -> None:
        chance, settings = self.chance, {"size": self.size, "generator": self.chance}
        content = random_crops(self.photos, count, **settings)
        style = random_crops(self.styles, count, **settings)
        start = content.clone()
        noisy = count // 3
        start[:noisy] = torch.rand(start[:noisy].shape, generator=self.noise)
        self.loss = PerceptualLoss(
            self.student,
            style_weight=10 ** chance.uniform(1, 3),
            tv_weight=10 ** chance.uniform(-1, 1),
        )
        self.targets = self.loss.targets(content=content, style=style)
        self.images = start.requires_grad_(True)
        rate = 10 ** chance.uniform(-2, -1)
        self.optimizer = torch.optim.Adam([self.images], lr=rate)
        self.age, self.lifetime = 0, chance.randrange(10, 60)


def bend(images: Tensor, chance: random.Random, noise: torch.Generator) -> Tensor:
    """Return `images` made noisy, harsh or blotchy, as `chance` and `noise` decide."""
    bent = images.clone()
    for i, image in enumerate(images):
        kind = chance.randrange(5)
        if kind == 0:
            amount = chance.uniform(0.02, 0.3)
            bent[i] = image + amount * torch.randn(image.shape, generator=noise)
        elif kind == 1:
            tint = 0.1 * torch.randn(3, 1, 1, generator=noise)
            bent[i] = 0.5 + (image - 0.5) * chance.uniform(0.5, 2.5) + tint
        elif kind == 2:
            smooth = F.avg_pool2d(F.pad(image[None], (2,) * 4, mode="reflect"), 5, 1)[0]
            bent[i] = image + chance.uniform(0.5, 3) * (image - smooth)
        elif kind == 3:
            other = images[i - 1].roll(chance.randrange(image.shape[1]), dims=1)
            bent[i] = (image + other) / 2
        else:
            cell = chance.choice((2, 4, 8))
            size = [side // cell for side in image.shape[1:]]
            spots = torch.rand(1, 3, *size, generator=noise)
            mode = chance.choice(("nearest", "bilinear"))
            spots = F.interpolate(spots, image.shape[1:], mode=mode)[0]
            bent[i] = 0.8 * spots + 0.2 * image
    return bent.clamp(0, 1)

"""The numbers an optimizer turns: a picture's pixels, or the waves it is made of.

Both describe every picture. But an optimizer takes steps of like size in all of its
numbers, and the gradient of a deep layer is rough: in pixels it paints fine noise first
and large areas of colour last. Counted in waves, each scaled by its length, a step
changes large areas first.

Source: the scaled Fourier basis of Olah, Mordvintsev and Schubert 2017.
"""

from __future__ import annotations

import torch
from torch import Tensor

_STRENGTH = 8.0  # of the longest wave, in logits: black to white within a unit or so
_MARGIN = 0.02  # pure black and white are infinitely far away in logits


class Pixels:
    """The picture itself; `project` puts values back into [0, 1].

    Args:
        start: `(N, 3, H, W)` in [0, 1]; left as it is.
    """

    def __init__(self, start: Tensor) -> None:
        self.values = start.detach().clone().requires_grad_(True)

    def picture(self) -> Tensor:
        """Return the picture, `(N, 3, H, W)`."""
        return self.values

    def change(self, values: Tensor) -> float:
        """Return the root mean square change of the pixels since these values."""
        return float((self.values - values).detach().square().mean().sqrt())

    def project(self) -> None:
        """Put the values back where a picture lives."""
        with torch.no_grad():
            self.values.clamp_(0, 1)


class Waves:
    """The picture's Fourier coefficients, longer waves turned further by equal steps.

    A sigmoid keeps the picture in [0, 1], so there is nothing to project.

    Args:
        start: `(N, 3, H, W)` in [0, 1]; values near 0 and 1 move in by 0.02.
    """

    def __init__(self, start: Tensor) -> None:
        self.size = start.shape[-2:]
        height, width = self.size
        down = torch.fft.fftfreq(height, device=start.device)[:, None]
        across = torch.fft.rfftfreq(width, device=start.device)
        frequency = (down**2 + across**2).sqrt()  # waves in a pixel, (H, W//2 + 1)
        # the constant colour counts as the longest wave
        self.scale = _STRENGTH / (frequency * max(self.size)).clamp_min(1.0)
        logits = torch.logit(start.detach().float(), eps=_MARGIN)
        waves = torch.fft.rfft2(logits, norm="ortho") / self.scale
        self.values = torch.view_as_real(waves).clone().requires_grad_(True)

    def picture(self) -> Tensor:
        """Return the picture, `(N, 3, H, W)`."""
        return torch.sigmoid(self._logits(self.values))

    def change(self, values: Tensor) -> float:
        """Return the root mean square of what `values` change, as if all were mid-grey.

        A change of the picture itself would hide how far black and white have gone.
        """
        change = self._logits((self.values - values).detach())
        return float(change.square().mean().sqrt()) / 4  # the sigmoid's slope at grey

    def _logits(self, values: Tensor) -> Tensor:
        waves = torch.view_as_complex(values) * self.scale
        return torch.fft.irfft2(waves, s=self.size, norm="ortho")

    def project(self) -> None:
        """Do nothing: every set of waves is a picture."""


COORDINATES = {"pixels": Pixels, "waves": Waves}

"""The same painting, sooner: an adjustable net rewritten for the machine it runs on.

On a graphics card that is autocast. On a processor it is what `fast` does to a plain
net: channels_last, bfloat16, cheaper up-sampling and a cheaper last layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .adjustable_net import AdjustableTransformNet


class FastAdjustable(nn.Module):
    """Computes what `AdjustableTransformNet.paint` computes; shares its parameters.

    Args:
        net: whose weights are used.
        dtype: of the convolutions. Use it outside autocast: it casts by itself.
    """

    def __init__(self, net: AdjustableTransformNet, *, dtype: torch.dtype) -> None:
        super().__init__()
        self.net, self.dtype = net, dtype
        self.train(net.training)

    def forward(self, images: Tensor, u: Tensor, styles: Tensor) -> Tensor:
        """Return the painted pictures, float32; see `AdjustableTransformNet.paint`."""
        settings = self.net.settings(u, styles)  # in float32: they steer everything
        half = self.dtype != torch.float32
        with torch.autocast(images.device.type, self.dtype, enabled=half):
            return self.net.run(images, settings)

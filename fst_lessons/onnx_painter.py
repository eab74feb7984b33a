"""Paint with an exported net, by onnxruntime: no torch module, no package of nets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .export import LEAST, import_needed


class OnnxPainter:
    """An ONNX file that paints, see `export`.

    Args:
        source: a file written by `export_net`, or its content.
        threads: of the processor; None takes as many as onnxruntime likes.

    Attributes:
        styles: the names of an adjustable net's styles, empty for a plain net.
        lightest: an adjustable net's least lambda, else None.
        heaviest: its greatest.

    Raises:
        ValueError: no such file, not an ONNX file of this package, or onnxruntime is
            missing.
    """

    def __init__(self, source: str | Path | bytes, *, threads: int | None = None):
        runtime = import_needed("onnxruntime")
        name = "this file" if isinstance(source, bytes) else Path(source).name
        if not isinstance(source, bytes) and not Path(source).is_file():
            raise ValueError(f"no file {source}; check the path")
        options = runtime.SessionOptions()
        options.log_severity_level = 3  # errors; it warns of harmless leftovers
        if threads is not None:
            options.intra_op_num_threads = threads
        given = source if isinstance(source, bytes) else str(source)
        try:
            self.session = runtime.InferenceSession(
                given, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has an exception for each mishap
            raise ValueError(
                f"{name} is damaged or no ONNX file; export it again"
            ) from error
        known = self.session.get_modelmeta().custom_metadata_map
        if known.get("made_by") != "fst_lessons":
            raise ValueError(
                f"{name} is not of this package; python -m fst_lessons export makes one"
            )
        self.styles: list[str] = json.loads(known.get("styles", "[]"))
        self.lightest = json.loads(known.get("lightest", "null"))
        self.heaviest = json.loads(known.get("heaviest", "null"))

    def __call__(
        self,
        photo: Tensor,
        strength: float | None = None,
        styles: str | Mapping[str, float] | None = None,
    ) -> Tensor:
        """Return the painting, `(1, 3, H, W)` RGB in [0, 1].

        Args:
            photo: `(1, 3, H, W)` RGB in [0, 1].
            strength: lambda of an adjustable net; None takes the middle of its range.
            styles: a name, or {name: weight} with weights that sum to 1; None takes the
                first.

        Raises:
            ValueError: not one RGB picture of floats, too small, a lambda or a style
                that this net does not have.
        """
        if photo.ndim != 4 or photo.shape[:2] != (1, 3):
            raise ValueError(f"expected (1, 3, H, W), got {tuple(photo.shape)}")
        if not photo.is_floating_point() or min(photo.shape[2:]) < LEAST:
            raise ValueError(
                f"expected floats in [0, 1], {LEAST} pixels a side or more, got "
                f"{photo.dtype} and {tuple(photo.shape)}"
            )
        inputs = {"photograph": photo.detach().cpu().float().numpy()}
        if self.styles:
            inputs["strength"] = np.array([self._strength(strength)], np.float32)
            inputs["styles"] = np.array([self._blend(styles)], np.float32)
        elif strength is not None or styles is not None:
            raise ValueError("this net has one style and one strength; leave both out")
        return torch.from_numpy(self.session.run(None, inputs)[0])

    def _strength(self, strength: float | None) -> float:
        low, high = self.lightest, self.heaviest
        if strength is None:
            return (low * high) ** 0.5
        if not low <= strength <= high:
            raise ValueError(
                f"lambda must lie between {low:g} and {high:g}, got {strength:g}"
            )
        return strength

    def _blend(self, styles: str | Mapping[str, float] | None) -> list[float]:
        if styles is None:
            styles = self.styles[0]
        wanted = {styles: 1.0} if isinstance(styles, str) else styles
        unknown = [name for name in wanted if name not in self.styles]
        if unknown:
            raise ValueError(
                f"no style {unknown[0]!r} in this net; there are "
                + ", ".join(self.styles)
            )
        weights = [float(wanted.get(name, 0.0)) for name in self.styles]
        if min(weights) < 0 or abs(sum(weights) - 1) > 1e-3:
            raise ValueError(
                f"weights must be 0 or more and sum to 1, got {dict(wanted)}"
            )
        return weights

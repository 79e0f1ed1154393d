"""Vine copula shocks: :mod:`pyvinecopulib` fits the regular vine, its inverse Rosenblatt map is the decoder.

Pair copulas beyond the ``trees``-th tree are taken as independent: with 20 assets the full vine has 190 pairs and takes
four times as long for little. Not differentiable (the library works outside torch), and in float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from workbench._require import count
from workbench.samplers._progress import bar
from workbench.samplers.shocks._classical import SHOCKS, Margins, Shocks
from workbench.stats import normal_scores

if TYPE_CHECKING:
    import pyvinecopulib as pv

FAMILIES = ("gaussian", "student", "clayton", "gumbel", "frank")


@SHOCKS.register("vine")
class Vine(Shocks):
    """Regular vine of parametric pair copulas, truncated after ``trees`` trees."""

    def __init__(self, trees: int = 3) -> None:
        self.trees = count("trees", trees, 1)

    def fit(self, residuals: np.ndarray, margins: Margins, seed: int, assets: list[str]) -> Vine:
        import pyvinecopulib as pv

        self.margins = margins
        families = [getattr(pv.families, name) for name in FAMILIES]
        controls = pv.FitControlsVinecop(family_set=families, trunc_lvl=self.trees, num_threads=1)
        uniforms = torch.special.ndtr(torch.as_tensor(normal_scores(residuals))).numpy()
        with bar(1, "vine copula", delay=0.0):
            self.json_ = pv.Vinecop.from_data(uniforms, controls=controls).to_json()
        self.width = residuals.shape[1]
        return self

    def decode(self, noise: Tensor) -> Tensor:
        uniforms = torch.special.ndtr(noise.detach().double()).clamp(1e-12, 1 - 1e-12).numpy()
        drawn = self._vine().inverse_rosenblatt(np.asfortranarray(uniforms), num_threads=1)
        return self.margins.quantile(torch.special.ndtri(torch.as_tensor(drawn)).float())

    def _vine(self) -> pv.Vinecop:
        if not hasattr(self, "_compiled"):
            import pyvinecopulib as pv

            self._compiled = pv.Vinecop.from_json(self.json_)
        return self._compiled

    def __getstate__(self) -> dict:
        return {name: value for name, value in vars(self).items() if name != "_compiled"}

"""saddlescape: simulate and draw the dynamics of optimisers on toy loss landscapes.

    import saddlescape as ss
    L = ss.landscape("beale")
    r = ss.simulate(L, "sam:rho=0.5")

Names are imported on first use, so that ``import saddlescape`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "landscape": "landscapes",
    "Landscape": "landscapes.base",
    "CriticalPoint": "results",
    "method": "dynamics.reading",
    "Method": "dynamics.method",
    "simulate": "dynamics.simulate",
    "product": "dynamics.sweeps",
    "step": "dynamics.evaluate",
    "jacobian": "dynamics.jacobian",
    "drift": "dynamics.evaluate",
    "covariance": "dynamics.evaluate",
    "kernel_source": "dynamics.link",
    "compare_faces": "analysis.faces",
    "FaceComparison": "answers.faces",
    "basins": "analysis.basins",
    "Basins": "answers.basins",
    "sharpness": "analysis.sharpness",
    "Sharpness": "answers.sharpness",
    "stability": "analysis.stability",
    "Stability": "answers.stability",
    "Disagreement": "answers.disagreement",
    "disagreement": "analysis.disagreement",
    "escape": "analysis.escape",
    "Escape": "answers.escape",
    "basin_entropy": "analysis.boundaries",
    "BasinEntropy": "answers.boundaries",
    "uncertainty_exponent": "analysis.boundaries",
    "Uncertainty": "answers.boundaries",
    "refine": "analysis.refine",
    "Refined": "answers.boundaries",
    "tipping": "analysis.tipping",
    "Tipping": "answers.tipping",
    "mean_square_displacement": "analysis.diffusion",
    "Displacement": "answers.diffusion",
    "stationary_covariance": "analysis.diffusion",
    "Stationary": "answers.diffusion",
    "noise_threshold": "analysis.diffusion",
    "quadratic_saddle_boundary": "analysis.saddle_basin",
    "quadratic_saddle_tipping": "analysis.saddle_basin",
    "threshold": "analysis.threshold",
    "Threshold": "answers.threshold",
    "flow_field": "analysis.field",
    "Field": "answers.field",
    "sam_step": "analysis.steps",
    "SamStep": "answers.steps",
    "separatrices": "analysis.separatrices",
    "phase_diagram": "analysis.phase",
    "PhaseDiagram": "answers.phase",
    "Run": "results",
    "Background": "results",
    "load": "files",
    "RunSpec": "specs.run",
    "SaddlescapeError": "errors",
    "UsageError": "errors",
    "FormulaError": "errors",
    "OutputError": "errors",
    "Interrupted": "errors",
}

__all__ = ["__version__", "figures", "plots", *_HOME]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in ("plots", "figures"):
        return importlib.import_module(f"saddlescape.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'saddlescape' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"saddlescape.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

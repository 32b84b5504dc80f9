"""The whole picture of a comparison: weak errors above, traces below, and a caption that says how."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from saddlescape.answers.faces import PHI, FaceComparison
from saddlescape.plots import naming, words
from saddlescape.plots import style as sheets
from saddlescape.plots.caption import broken, drawn, formula, of_formula
from saddlescape.plots.faces import ERRORS, axis_of, face_errors, face_labels, own_place
from saddlescape.plots.faces_along import face_traces
from saddlescape.plots.layouts import Sheet
from saddlescape.plots.typeset import Setter

#: width in inches by style, height of a panel as a part of its width
WIDTHS = {"paper": 7.0, "notebook": 7.6, "slides": 10.4, "dark": 7.6}
PANEL = 0.66


def faces_figure(comparison: FaceComparison, style: str = "paper", caption: str | None = None) -> Figure:
    """Return the figure of a comparison: a row of weak errors for every list (etas, rhos) there is, then the traces.

    With one eta and one rho all errors stand in one panel beside the traces. ``caption`` replaces the one made from
    the comparison (formulas in $…$).
    """
    with sheets.context(style):
        return _compose(comparison, WIDTHS[style], caption)


def _compose(comparison: FaceComparison, width: float, caption: str | None) -> Figure:
    size = float(matplotlib.rcParams["font.size"])
    figure = Figure(figsize=(width, width))
    FigureCanvasAgg(figure)
    sheet = Sheet((), [], [], None, figure, width, size / 9.5, [])
    errors, traces, end = _panels(sheet, comparison)
    sheet.cut(end + 2.0)  # near enough for what is drawn in points
    rows = _rows(comparison)
    for (phi, against), ax in zip(rows, errors, strict=True):
        face_errors(comparison, ax, phi=phi, against=against)
        ax.set_title(ax.get_ylabel(), loc="left", fontsize="medium", pad=4)
        ax.set_ylabel("")
    face_traces(comparison, traces)
    for ax in list(traces.values())[:-3]:
        ax.set_xlabel("")  # the panel below says it
    _write(sheet, comparison, end, caption)
    for ax in figure.axes:
        sheets.settle(ax)
    return figure


def _rows(comparison: FaceComparison) -> list[tuple[str, str]]:
    """Return (φ, axis) of every panel of errors."""
    if axis_of(comparison) == "phi":
        return [("x", "phi")]
    axes = [key for key, values in (("eta", comparison.etas), ("rho", comparison.rhos)) if len(values) > 1]
    return [(phi, key) for key in axes for phi in PHI]


def _free(comparison: FaceComparison) -> int:
    """Return how many cells the last row leaves empty: the key goes there."""
    count = len(_rows(comparison))
    return -((count if count > 1 else 1) + len(comparison.traces)) % 3


def _panels(sheet: Sheet, comparison: FaceComparison) -> tuple[list[Axes], dict[str, Axes], float]:
    """Lay out three columns: errors row by row, then the traces; return them and where they end (inches)."""
    u = sheet.unit
    left, right, gap = 0.5 * u, 0.14 * u, 0.54 * u
    top = (0.56 if _free(comparison) else 0.82) * u
    wide = (sheet.width - left - right - 2 * gap) / 3
    tall = PANEL * wide
    count, names = len(_rows(comparison)), list(comparison.traces)
    rows = count // 3  # of errors alone: each has an axis of its own to name

    def panel(k: int) -> Axes:
        row = k // 3
        above = row * tall + (min(row, rows) * 0.7 + max(row - rows, 0) * 0.48) * u
        return sheet.axes(left + (k % 3) * (wide + gap), top + above, wide, tall)

    errors = [panel(k) for k in range(count)]
    traces = {name: panel(count + k) for k, name in enumerate(names)}
    _, _, last, _, _ = sheet.boxes[-1]
    return errors, traces, last + tall + 0.4 * u


def _write(sheet: Sheet, comparison: FaceComparison, end: float, caption: str | None) -> None:
    """Write title, key and caption, and cut the page to what they need."""
    u, size = sheet.unit, float(matplotlib.rcParams["font.size"])
    left = min(box[1] for box in sheet.boxes) - 0.3 * u
    setter = Setter(sheet.figure, 0.88 * size, sheet.width - left - 0.14 * u)
    said = [[w for w in caption.split(" ") if w]] if caption else sentences(comparison)
    lines = [
        (row, (0.25 if any("frac" in piece for _, piece in row) else 0.18) * u) for row in setter.lines(said)
    ]
    height = end + 0.04 * u + sum(tall for _, tall in lines) + 0.08 * u
    sheet.cut(height)
    # a page of another size gets another renderer: hand it the formulas already read
    canvas: Any = sheet.figure.canvas
    canvas.get_renderer().mathtext_parser = setter.renderer.mathtext_parser
    title = f"{comparison.spec['title']}: {naming.display_name(naming.read(comparison.methods[0]).name)} and its faces"
    sheet.figure.text(
        left / sheet.width, 1 - 0.19 * u / height, title, fontsize=size + 1, weight="bold",
        va="center_baseline", parse_math=False,
    )  # fmt: skip
    _place_key(sheet, comparison, left, height)
    y = height - end - 0.04 * u
    for row, tall in lines:
        y -= tall
        setter.write(row, left, y + 0.32 * (tall - 0.1 * u), sheets.ink())


def _place_key(sheet: Sheet, comparison: FaceComparison, left: float, height: float) -> None:
    """Put the key into the empty cell of the last row, or below the title where there is none."""
    u, free = sheet.unit, _free(comparison)
    place: dict[str, Any] = {"loc": "center left", "ncols": 1 + len(comparison.faces), "columnspacing": 1.4}
    across, down = left, 0.43 * u
    if free:
        _, last, top, wide, tall = sheet.boxes[-1]
        across, down = last + wide + 0.54 * u, top + 0.55 * tall
        place["ncols"] = 1
    sheet.figure.legend(
        handles=key(comparison), bbox_to_anchor=(across / sheet.width, 1 - down / height), borderaxespad=0, borderpad=0,
        handlelength=1.7, handletextpad=0.5, **place,
    )  # fmt: skip


def key(comparison: FaceComparison) -> list[Line2D]:
    """Return the samples of map and faces for a legend."""
    thick = float(matplotlib.rcParams["lines.linewidth"])
    ink: dict[str, Any] = {"color": sheets.ink(), "markersize": 2.4 * thick, "linewidth": 0.5 * thick}
    handles = [Line2D([], [], marker="o", markeredgewidth=0, label="the map", **ink)]
    for hue, label in zip(sheets.face_colours(comparison.faces), face_labels(comparison), strict=True):
        handles.append(Line2D([], [], color=hue, linewidth=1.35 * thick, label=label))
    return handles


def sentences(comparison: FaceComparison, *, errors: bool = True, traces: bool = True) -> list[list[str]]:
    """Return the paragraphs of the caption as pieces between which a line may break.

    Without ``errors`` or ``traces`` nothing is said of panels that are not drawn.
    """
    spec = comparison.spec
    told = [of_formula(spec["coordinates"], comparison.latex, spec["params"])]
    for label, text in zip(["Map", *face_labels(comparison)], comparison.formulas, strict=True):
        told.append([*broken(f"{label}:"), *formula(text)])
    told[1] += broken(drawn(comparison.formulas))
    return [
        *told,
        broken(_numbers(comparison)),
        broken(_legend(comparison, errors, traces)),
    ]


def _numbers(comparison: FaceComparison) -> str:
    """Return eta, rho, time, start, repetitions, seed, and what was lost."""
    spec, keys = comparison.spec, naming.read(comparison.methods[0]).keys
    eta = float(keys["eta"])
    order = sorted(keys, key=lambda key: (key != "eta", key != "rho"))
    facts = [*(naming.said(key, keys[key]) for key in order), *naming.ticking(comparison.methods)]
    steps = words.count(round(comparison.time / eta))
    facts.append(
        f"{steps} steps (time {words.number(comparison.time)}) from {words.place(np.array(spec['x0']))}"
    )
    if comparison.runs > 1:
        facts.append(f"{words.count(comparison.runs)} runs each")
        facts.append(f"seed {spec['seed']}")
    text = ", ".join(facts) + "."
    if comparison.coupled:
        text += " Map and SDEs see the same normals."
    for label, count in zip(
        ["the map", *face_labels(comparison)], comparison.diverged.max(axis=(1, 2)), strict=True
    ):
        if count:
            text += f" Of {label} up to {words.count(int(count))} runs diverged and are left out."
    return text


def _legend(comparison: FaceComparison, errors: bool, traces: bool) -> str:
    """Return what bars, bands and greys mean, and the fitted exponents of eta."""
    said = ["Δ: difference of map and face at the end."] if errors else []
    if comparison.runs > 1:
        about = " and ".join(["Bars"] * errors + ["bands"] * traces).capitalize()
        parts = [f"{about} about means: 95\u00a0%"]
        if errors:
            parts.append(
                "grey below errors: twice what sampling noise shows by itself (hollow: no more than that)"
            )
        if traces:
            parts.append("grey in traces and dashes: 10–90\u00a0% of the runs of map and faces")
        said.append("; ".join(parts) + ".")
    if traces:
        said.append("s is the displacement made from the full gradient, v₁ the leading eigenvector of ∇²f.")
    labels = face_labels(comparison)
    for group in comparison.coinciding():
        said.append(
            f"{' and '.join(labels[i] for i in group)} coincide: the earlier shows as a rim of the last."
        )
    return " ".join(said) + (_orders(comparison) if errors else "")


def _orders(comparison: FaceComparison) -> str:
    """Return the exponents of eta at the method's own rho, of the first φ that has any."""
    r = own_place(comparison)[1]
    at = f" at ρ = {words.number(float(comparison.rhos[r]))}" if len(comparison.rhos) > 1 else ""
    for phi, name in ERRORS.items():
        fits = [comparison.order_of(phi, i, r) for i in range(len(comparison.faces))]
        orders = [
            f"{fit[0]:.2f}\u00a0±\u00a0{fit[1]:.2f} ({label})".replace("-", "−")
            for label, fit in zip(face_labels(comparison), fits, strict=True)
            if fit
        ]
        if orders:
            return f" Fitted order in η of {name}{at}: {', '.join(orders)}."
    if any(np.isfinite(slopes[:, r]).any() for slopes in comparison.slopes.values()):
        return f" Too few η or runs to tell an order{at}."
    return ""

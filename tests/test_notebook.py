"""The notebook runs, and is what its source says; objects show themselves in it."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import jupytext
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

import saddlescape as ss
from saddlescape import showing

FOLDER = Path(__file__).parent.parent / "notebooks"


@pytest.mark.parametrize("source", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_notebook_holds_what_its_source_says(source: Path) -> None:
    written, built = jupytext.read(source), nbformat.read(source.with_suffix(".ipynb"), 4)
    assert [(c.cell_type, c.source) for c in built.cells] == [(c.cell_type, c.source) for c in written.cells]
    assert not any(cell.get("outputs") for cell in built.cells)  # results are made, not kept


def test_first_steps_runs_and_shows_what_it_says() -> None:
    book = nbformat.read(FOLDER / "first_steps.ipynb", 4)
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(FOLDER)}}).execute()
    outputs = [out for cell in book.cells for out in cell.get("outputs", [])]
    kinds = [set(out.get("data", {})) for out in outputs]
    assert sum("image/png" in kind for kind in kinds) == 2  # both figures
    assert sum("text/html" in kind for kind in kinds) == 3  # landscape, method, run
    said = "".join(out.get("text", "") for out in outputs)
    assert re.findall(r"from \(-3, ([\d.]+)\): (\w+)", said) == [
        ("0.05", "trapped"), ("0.20", "trapped"), ("0.30", "left"), ("1.00", "left"),
    ]  # fmt: skip
    assert re.findall(r"saddle \(0, 0\) (\w+)", said) == ["repels", "attracts"]


def test_the_answer_of_the_exercise_is_right() -> None:
    landscape = ss.landscape("beale")
    rhos = ss.product(landscape.start, rho=[0.3, 0.35])
    run = ss.simulate(landscape, ss.method("sam", rho=rhos["rho"]), rhos["x0"], every=20_000)
    assert list(run.status) == ["moving", "trapped"]
    ends = [ss.simulate(landscape, f"sam:rho=0.5,beta={b}", every=20_000).status[0] for b in (0.8, 0.85, 0.9)]
    assert ends[0] == "trapped"
    assert "trapped" not in ends[1:]


def test_a_landscape_shows_formula_shape_and_critical_points() -> None:
    shown = ss.landscape("beale")._repr_html_()
    assert r"$f(x, y) = " in shown
    assert "<td style='text-align:left'>(0, 1)</td>" in shown
    assert "−27.75, 27.75" in shown
    (picture,) = re.findall(r"<svg.*?</svg>", shown, re.S)
    marks = ElementTree.fromstring(picture).findall("path")
    assert len(marks) == 2  # the third critical point lies outside the view
    assert ss.landscape("two_sample_valley")._repr_html_().count("<svg") == 0  # three coordinates
    assert "<polyline" in ss.landscape("cosine")._repr_html_()


def test_a_thumbnail_is_dark_below_and_light_above() -> None:
    slope = np.tile(np.linspace(-1.0, 1.0, 101)[:, None], (1, 101))  # f = y: row 0 is the lowest y
    drawn = showing.thumbnail(((-1, 1), (-1, 1)), slope)
    data = base64.b64decode(re.search(r"base64,([^\"]+)", drawn)[1])  # type: ignore[index]
    with Image.open(io.BytesIO(data)) as picture:
        grey = np.asarray(picture.convert("L"), dtype=float)
    assert grey.shape == (showing.GRID, showing.GRID)
    assert grey[0].mean() > grey[-1].mean() + 30  # the top of the picture is the largest y


def test_a_run_a_method_and_a_point_show_themselves() -> None:
    landscape = ss.landscape("saddle")
    run = ss.simulate(landscape, "sam", [[-3.0, 0.01], [1.0, 2.0]], steps=500)
    shown = run._repr_html_()
    assert shown.count("<polyline") == 2
    assert "trapped" in shown
    assert f"${run.formula}$" in shown
    assert run._repr_latex_() == f"${run.formula}$"
    assert ss.method("usam")._repr_latex_() in ss.method("usam")._repr_html_()
    assert "saddle" in landscape.critical_points[0]._repr_html_()
    assert landscape._repr_latex_() == r"$f(x, y) = x^{2} - y^{2}$"

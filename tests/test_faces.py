"""Faces of one algorithm: weak errors against moments known exactly, orders in eta, traces, and what is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import saddlescape as ss
from saddlescape import partial, plots
from saddlescape.analysis import along, weak
from saddlescape.answers.faces import PHI, TRACES, FaceComparison
from saddlescape.errors import Interrupted, OutputError, StepWarning, UsageError
from saddlescape.plots import faces_page, naming

PARABOLA = ss.landscape("shifted_parabola")
BEALE = ss.landscape("beale")
VARIANCE = 79 / 150  # of the three centres


def moments(x0: float, factor: float, kick: float, ticks: int) -> dict[str, float]:
    """Return E x, E x² and E f after ``ticks`` of x ← factor·x + noise of variance ``kick``, f = x² + 79/150."""
    mean = factor**ticks * x0
    second = mean**2 + kick * (1 - factor ** (2 * ticks)) / (1 - factor**2)
    return {"x": mean, "xx": second, "loss": second + VARIANCE}


def theory(eta: float, time: float, x0: float = 1.5, h: float = 2.0, per: int = 10) -> dict[str, float]:
    """Return the weak errors of Euler–Maruyama in ticks of eta/per against SGD on one of the three samples."""
    steps, dt = round(time / eta), eta / per
    sgd = moments(x0, 1 - eta * h, (eta * h) ** 2 * VARIANCE, steps)
    sde = moments(x0, 1 - dt * h, eta * dt * h**2 * VARIANCE, steps * per)
    return {phi: abs(sgd[phi] - sde[phi]) for phi in PHI}


@pytest.fixture(scope="module")
def parabola() -> FaceComparison:
    """SGD and its SDE on a parabola, for three step sizes."""
    return ss.compare_faces(
        PARABOLA, "sgd:eta=0.1", ("sde2",), time=1.0, runs=20_000, etas=[0.2, 0.1, 0.05], records=6, seed=3
    )


@pytest.fixture(scope="module")
def small() -> FaceComparison:
    """A few repetitions of SAM on Beale under the noise its SDEs share, in plain Python."""
    return ss.compare_faces(
        BEALE, "sam:sigma=1,ascent=full,rho=0.1,eta=1e-3", x0=(0.4, 1.3), steps=8, runs=6, rhos=[0.05, 0.1],
        etas=[5e-4, 1e-3, 2e-3], records=5, test=ss.landscape("x^2 + y^2"),
    )  # fmt: skip


def test_weak_errors_are_those_of_the_exact_moments(parabola: FaceComparison) -> None:
    assert parabola.etas.tolist() == [0.05, 0.1, 0.2]
    assert np.isnan(parabola.rhos).all()
    for e, eta in enumerate(parabola.etas):
        for phi, exact in theory(float(eta), 1.0).items():
            error, se = parabola.errors[phi][0, e, 0], parabola.se[phi][0, e, 0]
            assert abs(error - exact) < 4 * se, (phi, eta)
            assert exact > 3 * se or phi != "x"  # the bias is there to be seen


def test_standard_errors_are_those_of_the_variances(parabola: FaceComparison) -> None:
    eta, steps, per = 0.1, 10, 10
    sgd = moments(0.0, 0.8, (eta * 2) ** 2 * VARIANCE, steps)["xx"]
    sde = moments(0.0, 0.98, eta * eta / per * 4 * VARIANCE, steps * per)["xx"]
    expected = np.sqrt((sgd + sde) / parabola.runs)
    assert parabola.se["x"][0, 1, 0] == pytest.approx(expected, rel=0.05)
    assert parabola.floor["x"][0, 1, 0] == pytest.approx(expected, rel=0.05)


def test_the_order_in_eta_of_a_plain_drift_is_one(parabola: FaceComparison) -> None:
    slope, low, high = parabola.slopes["x"][0, 0]
    exact = [theory(float(eta), 1.0)["x"] for eta in parabola.etas]
    expected = np.polyfit(np.log(parabola.etas), np.log(exact), 1)[0]
    assert 0.8 < slope < 1.2
    assert low < expected < high
    assert high - low < 1


def test_orders_of_flows_without_noise() -> None:
    found = ss.compare_faces(
        ss.landscape("(x-1)^2/2 + x^4/9"), "gd:eta=0.1", ("flow", "flow:drift=mod"), (2.0,), time=1,
        etas=[0.0125, 0.025, 0.05, 0.1],
    )  # fmt: skip
    assert found.runs == 1
    assert np.all(found.se["x"] == 0)
    assert found.slopes["x"][:, 0, 0] == pytest.approx([1, 2], abs=0.15)
    assert "±" not in found.summary()


def test_under_additive_noise_with_dt_eta_the_sde_of_gd_is_the_map() -> None:
    found = ss.compare_faces(PARABOLA, "gd:sigma=1,eta=0.1", ("sde2:dt=0.1",), steps=5, runs=30)
    assert found.coupled
    assert found.errors["x"].max() < 1e-14


def test_common_normals_leave_little_scatter(small: FaceComparison) -> None:
    assert small.coupled
    spread = small.traces["norm"].se[0, -1]
    assert small.se["x"][1, 1, 1] < 0.05 * spread


def test_the_higher_order_is_nearer(small: FaceComparison) -> None:
    second, third = small.errors["x"]
    assert np.all(third < second)  # the map's normals are shared, so few repetitions are enough
    assert third[0, 1] < 0.45 * second[0, 1]


def test_the_drift_misses_rho_squared_and_rho_cubed() -> None:
    x, gaps = np.array([0.4, 1.3]), {}
    for face in ("sam@sde2", "sam@sde3"):
        gaps[face] = [
            np.linalg.norm(
                ss.drift(BEALE, ss.method(face, batch=1, rho=rho))(x)
                - ss.drift(BEALE, ss.method("sam", batch=1, rho=rho))(x)
            )
            for rho in (0.01, 0.005)
        ]
    ratio = {face: first / second for face, (first, second) in gaps.items()}
    assert ratio["sam@sde2"] == pytest.approx(4, rel=0.1)
    assert ratio["sam@sde3"] == pytest.approx(8, rel=0.1)


@pytest.mark.slow
def test_mini_batches_on_beale() -> None:
    """Order 3 is nearer than order 2, and by more the larger rho is, where sampling can tell."""
    found = ss.compare_faces(
        BEALE, "sam:batch=1,rho=0.05,eta=1e-3", x0=(0.4, 1.3), time=0.2, etas=[5e-4, 1e-3], rhos=[0.05, 0.1]
    )
    second, third = found.errors["x"]
    apart = np.hypot(*found.se["x"])
    assert np.all(second - third > 4 * apart)
    assert np.all(second[:, 1] / third[:, 1] > 4)
    assert found.tells("x").all()
    assert np.all(third[1] > third[0])  # what is left shrinks with eta


def test_traces_are_those_of_the_runs(small: FaceComparison) -> None:
    assert tuple(small.traces) == TRACES
    run = ss.simulate(
        BEALE,
        small.methods[0],
        np.tile([0.4, 1.3], (6, 1)),
        8,
        every=2,
        streams=6 * (1 * 2 + 1) + np.arange(6),
    )
    assert small.t == pytest.approx(run.t)
    assert np.all(small.alive == 6)
    x, slope = run.x, BEALE.grad(run.x)
    values, vectors = np.linalg.eigh(BEALE.hessian(x))
    cosine = np.abs(np.sum(slope * vectors[..., -1], axis=-1)) / np.linalg.norm(slope, axis=-1)
    expected = {
        "loss": BEALE.loss(x), "test_loss": np.sum(x * x, axis=-1), "norm": np.linalg.norm(x, axis=-1),
        "grad_norm": np.linalg.norm(slope, axis=-1), "sharpness": values[..., -1], "alignment": cosine,
    }  # fmt: skip
    for name, value in expected.items():
        band = small.traces[name]
        assert band.mean.shape == (3, 5)
        assert band.mean[0] == pytest.approx(value.mean(axis=0))
        assert band.se[0] == pytest.approx(value.std(axis=0, ddof=1) / np.sqrt(6), abs=1e-12)
        assert band.low[0] == pytest.approx(np.quantile(value, 0.1, axis=0))
        assert band.high[0] == pytest.approx(np.quantile(value, 0.9, axis=0))


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> FaceComparison:
        return ss.compare_faces(PARABOLA, "sgd:eta=0.1", ("sde2:dt=0.1",), steps=5, runs=20, records=3)

    whole = made()
    monkeypatch.setattr("saddlescape.analysis.faces.CHUNK", 30)
    parts = made()
    assert np.array_equal(whole.errors["x"], parts.errors["x"])
    for name, band in whole.traces.items():
        assert parts.traces[name].mean == pytest.approx(band.mean)
        assert parts.traces[name].se == pytest.approx(band.se)
        assert np.array_equal(parts.traces[name].high, band.high)


def test_diverged_paths_are_counted_and_said() -> None:
    found = ss.compare_faces(
        ss.landscape("x^4/4"), "gd:sigma=0.5,eta=1", ("sde2:dt=0.25",), (1.2,), steps=12, runs=40, seed=1
    )
    lost = int(found.diverged[0, 0, 0])
    assert 0 < lost < 40
    assert found.alive[0, -1] == 40 - lost
    assert found.alive[0, 0] == 40
    assert np.all(np.isfinite(found.traces["loss"].mean))
    assert f"of the map up to {lost} runs diverged" in found.summary()
    assert f"the map up to {lost} runs diverged" in faces_page._numbers(found)


def test_leading_eigenpairs_in_closed_form() -> None:
    rng = np.random.default_rng(0)
    for d in (1, 2, 3):
        matrix = rng.standard_normal((50, d, d))
        matrix = matrix + np.swapaxes(matrix, 1, 2)
        matrix[0] = np.eye(d)
        top, axis = along.leading(matrix)
        assert top == pytest.approx(np.linalg.eigvalsh(matrix)[:, -1])
        assert np.einsum("nij,nj->ni", matrix, axis) == pytest.approx(top[:, None] * axis, abs=1e-12)
        assert np.linalg.norm(axis, axis=-1) == pytest.approx(np.ones(50))


def test_distance_pairs_rows_and_says_what_noise_would_show() -> None:
    rng = np.random.default_rng(1)
    common = rng.standard_normal((4000, 2))
    error, se, floor, size = weak.distance(common + np.array([3.0, 4.0]), common)
    assert error == pytest.approx(5, rel=0.02)
    assert se < 1e-12
    assert floor < 1e-12
    assert size == pytest.approx(5, rel=0.02)
    tries = [weak.distance(*rng.standard_normal((2, 200, 2))) for _ in range(400)]
    errors = np.array([t[0] for t in tries])
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.mean([t[2] for t in tries]), rel=0.1)
    broken = common.copy()
    broken[0] = np.nan
    assert np.isfinite(weak.distance(broken, common)[0])
    assert np.isnan(weak.distance(np.full((3, 1), np.nan), common[:3, :1])[0])


def test_orders_weigh_by_standard_errors_and_leave_noise_out() -> None:
    etas = np.array([1.0, 2, 4, 8])
    none = np.zeros(4)
    assert weak.order(etas, 3 * etas**2, none, none) == pytest.approx((2, 2, 2))
    assert np.isnan(weak.order(etas, etas, none, np.array([1.0, 2, 0, 0]))[0])
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(300):
        errors = etas + 0.05 * etas * rng.standard_normal(4)
        _, low, high = weak.order(etas, errors, 0.05 * etas, none)
        inside += low < 1 < high
    assert inside > 270


def test_only_orders_that_are_told_are_printed(small: FaceComparison) -> None:
    def with_slopes(*fits: tuple[float, float, float]) -> FaceComparison:
        slopes = {phi: np.full((2, 2, 3), np.nan) for phi in PHI}
        slopes["x"][0] = fits
        return replace(small, slopes=slopes)

    told = with_slopes((0.97, 0.66, 1.28), (0.91, -0.27, 2.09))
    lines = told.summary().splitlines()
    assert "order in eta of sde2 at rho = 0.05: E x 0.97 (0.66 to 1.28)" in lines
    assert "3 etas and 6 runs are too few to tell other orders in eta to within 0.5" in lines
    assert not any("-0.27" in line for line in lines)
    # the figure shows errors against eta at the method's own rho, 0.1
    assert faces_page._orders(told) == " Too few η or runs to tell an order at ρ = 0.1."
    assert "at ρ = 0.1: 0.97\u00a0±\u00a00.31" in faces_page._orders(
        with_slopes((2, 0, 4), (0.97, 0.66, 1.28))
    )
    assert "order" not in with_slopes((np.nan,) * 3, (np.nan,) * 3).summary()


def test_on_a_quadratic_the_orders_coincide_and_nothing_is_compared_with_falling_errors() -> None:
    """There is no third derivative on a quadratic."""
    saddle = ss.landscape("saddle")
    found = ss.compare_faces(
        saddle, "sam:eta=0.01,rho=0.2", x0=(-1, 0.5), steps=20, etas=[0.005, 0.01], rhos=[0.1, 0.2]
    )
    assert found.coinciding() == [(0, 1)]
    assert "flow2 and flow3 coincide" in found.summary()
    figure = plots.faces_figure(found)
    assert "flow of order 2 and flow of order 3 coincide" in " ".join(t.get_text() for t in figure.texts)
    # five traces: the key stands in the sixth cell, right of the last and as high
    box, last = figure.legends[0].get_window_extent(), figure.axes[-1].get_window_extent()
    assert box.x0 > last.x1
    assert last.y0 < box.y0 < box.y1 < last.y1
    assert len(plots.face_errors(found, against="eta").guides) == 2
    # errors made up to go with a power of rho
    for power, count in ((-1, 0), (0, 0), (2, 2)):
        errors = {phi: np.broadcast_to(np.array([1e-3, 1e-3 * 2**power]), (2, 2, 2)) for phi in PHI}
        assert len(plots.face_errors(replace(found, errors=errors), against="rho").guides) == count


def test_faces_that_differ_do_not_coincide(small: FaceComparison) -> None:
    assert small.coinciding() == []


def test_saved_and_loaded(small: FaceComparison, tmp_path: Path) -> None:
    back = ss.load(small.save(tmp_path / "faces.npz"))
    assert isinstance(back, FaceComparison)
    assert back.summary() == small.summary()
    assert back.spec == small.spec
    assert (back.faces, back.methods, back.formulas) == (small.faces, small.methods, small.formulas)
    for phi in PHI:
        assert np.array_equal(back.errors[phi], small.errors[phi])
        assert np.array_equal(back.slopes[phi], small.slopes[phi], equal_nan=True)
    assert all(np.array_equal(back.traces[n].low, band.low) for n, band in small.traces.items())
    assert "<pre>" in back._repr_html_()
    with pytest.raises(UsageError, match=r"\.npz"):
        small.save(tmp_path / "faces.txt")
    run = ss.simulate(BEALE, "gd", steps=3).save(tmp_path / "run.npz")
    assert isinstance(ss.load(run), ss.Run)
    with pytest.raises(OutputError, match="no FaceComparison"):
        FaceComparison.load(run)
    with pytest.raises(OutputError, match="not a run"):
        ss.Run.load(tmp_path / "faces.npz")
    with pytest.raises(UsageError, match=r"landscape rerun beale\.png"):
        ss.load("beale.png")


@pytest.mark.parametrize(
    ("method", "more", "said"),
    [
        ("sam", {"faces": ("sde2",)}, "no noise"),
        ("sam:batch=1", {"faces": ("sde4",)}, "unknown face"),
        ("sam:batch=1", {"faces": ("steps",)}, "the map is what"),
        ("sam:batch=1", {"faces": ("sde2", "sde2")}, "twice"),
        ("sam:batch=1", {"faces": ()}, "no face"),
        ("sam:batch=1", {"faces": ("sde2:rho=0.3",)}, "those of the map"),
        ("sam:batch=1", {"faces": ("sde2:dt=3e-5",)}, "does not divide eta"),
        ("sam@sde2:batch=1", {}, "compared with the map"),
        ("sam:batch=1,rho=0.1|0.2", {}, "rhos="),
        ("sam:batch=1,beta=0.9,nesterov=true", {}, "Nesterov"),
        ("sam:batch=1", {"runs": 1}, "at least 2"),
        ("sam:batch=1", {"records": 1}, "at least 2"),
        ("sam:batch=1", {"steps": 10, "time": 1.0}, "give one of them"),
        ("sam:batch=1", {"time": -1.0}, "above 0"),
        (
            "sam:batch=1",
            {"time": 0.1, "etas": [0.03, 0.07]},
            r"divide the time 0\.1: 0\.21 or 0\.42 would do",
        ),
        ("sam:batch=1", {"time": 0.1, "etas": [0.03, 0.01 * 2**0.5]}, "multiples of one another"),
        ("sgd", {"rhos": [0.1]}, "has no rho"),
        ("sam:batch=1", {"x0": [[0, 1], [1, 2]]}, "one start"),
        ("sam:batch=1", {"test": ss.landscape("x^2")}, "1 coordinate"),
        ("sam:batch=1", {"test": 3}, "a landscape or a function"),
        ("sam:batch=1", {"test": lambda x: x}, "must be"),
    ],
)
def test_refusals(method: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ss.compare_faces(BEALE, method, **{"steps": 4, **more} if "time" not in more else more)


@pytest.mark.parametrize(
    ("method", "etas", "rhos", "own"),
    [
        # what the method names is measured too; what it leaves open is the listed value nearest to the landscape's
        ("sam:rho=0.4", None, [0.1, 0.2], ("0.0001", "0.4", [1e-4], [0.1, 0.2, 0.4])),
        ("sam", None, [0.1, 0.2], ("0.0001", "0.2", [1e-4], [0.1, 0.2])),
        ("sam", "5e-5|2e-3|1e-3", None, ("5e-05", "0.5", [5e-5, 1e-3, 2e-3], [0.5])),
        ("gd:eta=2e-3", [1e-3], None, ("0.002", None, [1e-3, 2e-3], [np.nan])),
    ],
)
def test_traces_are_of_an_eta_and_a_rho_that_are_measured(
    method: str, etas: Any, rhos: Any, own: Any
) -> None:
    faces = None if "sam" in method else ("flow",)
    found = ss.compare_faces(BEALE, method, faces, time=0.004, etas=etas, rhos=rhos, records=3)
    keys = naming.read(found.methods[0]).keys
    assert (keys["eta"], keys.get("rho")) == own[:2]
    assert found.etas.tolist() == own[2]
    assert np.array_equal(found.rhos, own[3], equal_nan=True)


def test_the_time_is_the_nearest_that_all_etas_divide() -> None:
    with pytest.warns(StepWarning, match=r"eta=0\.03 does not divide the time 0\.1: .* ends at time 0\.09"):
        found = ss.compare_faces(PARABOLA, "gd:eta=0.03", ("flow",), time=0.1)
    assert (found.time, found.steps.tolist()) == (0.09, [3])
    with pytest.warns(StepWarning, match=r"ends at time 0\.6$"):
        found = ss.compare_faces(PARABOLA, "gd:eta=0.02", ("flow",), time=0.65, etas=[0.03, 0.04, 0.05])
    assert found.steps.tolist() == [30, 20, 15, 12]  # 0.6 is their least common multiple


def test_defaults_go_with_the_noise() -> None:
    flows = ss.compare_faces(BEALE, "sam:rho=0.1", steps=3)
    assert flows.faces == ("flow2", "flow3")
    assert flows.runs == 1
    assert not flows.coupled
    assert ss.compare_faces(PARABOLA, "sgd", steps=3, runs=4).faces == ("sde2",)


def test_errors_are_drawn_as_they_are(small: FaceComparison) -> None:
    drawn = plots.face_errors(small, phi="loss", against="eta")
    for i, face in enumerate(small.faces):
        line, _, (bars,) = drawn.lines[face].lines
        assert np.array_equal(
            np.asarray(line.get_xydata()), np.stack([small.etas, small.errors["loss"][i, :, 1]], 1)
        )
        top = np.array([segment[1, 1] for segment in bars.get_segments()])
        assert top == pytest.approx(small.errors["loss"][i, :, 1] + 1.96 * small.se["loss"][i, :, 1])
        assert line.get_color() == {"sde2": "#0072B2", "sde3": "#D55E00"}[face]
    x, y = drawn.guides[1].get_data()
    assert np.diff(np.log(y)) / np.diff(np.log(x)) == pytest.approx([2])
    assert drawn.noise is not None
    assert plots.face_errors(small, against="rho").axes.get_xlabel() == "ρ at η = 0.001"
    with pytest.raises(UsageError, match="observable"):
        plots.face_errors(small, phi="y")


def test_what_noise_could_have_made_is_hollow() -> None:
    found = ss.compare_faces(PARABOLA, "sgd:eta=0.01", ("sde2:dt=0.01",), steps=20, runs=50)
    drawn = plots.face_errors(found)
    assert drawn.axes.get_ylabel() == "|Δ E φ|"
    assert not found.tells("x").any()
    assert len(drawn.hollow["sde2:dt=0.01"].get_xdata()) >= 1
    assert "~" in found.summary()
    with pytest.raises(UsageError, match="one eta only"):
        plots.face_errors(found, against="eta")


def test_traces_are_drawn_as_they_are(small: FaceComparison) -> None:
    drawn = plots.face_traces(small)
    assert tuple(drawn.lines) == TRACES
    for name, band in small.traces.items():
        for line, mean in zip(drawn.lines[name], band.mean, strict=True):
            assert np.array_equal(np.asarray(line.get_xydata()), np.stack([small.t, mean], axis=1))
        assert [line.get_marker() for line in drawn.lines[name]] == ["o", "None", "None"]
        low, _ = drawn.quantiles[name][1]
        assert np.array_equal(low.get_ydata(), band.low[1])
    with pytest.raises(UsageError, match="as many axes"):
        plots.face_traces(small, [plots.face_errors(small).axes])


def test_the_whole_figure_says_what_was_done(small: FaceComparison, tmp_path: Path) -> None:
    figure = plots.faces_figure(small)
    assert len(figure.axes) == 2 * 3 + 6
    texts = " ".join(text.get_text() for text in figure.texts)
    for part in ("Beale: SAM and its faces", "6 runs each", "seed 0", "(0.4, 1.3)", "same normals", "Cov"):
        assert part in texts
    plots.save(figure, tmp_path / "faces.png", small.spec)
    assert plots.read_spec(tmp_path / "faces.png")
    for style in plots.STYLES:
        assert plots.faces_figure(small, style, "a caption").axes


def test_an_interrupted_comparison_goes_on_wherever_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saddlescape.analysis.faces.CHUNK", 40)  # several chunks for every method
    monkeypatch.setattr("saddlescape.analysis.along.QUANTILES", 7)
    asked: dict[str, Any] = {"steps": 4, "runs": 10, "etas": [0.05, 0.1], "records": 3}
    calls: list[int] = []
    whole = ss.compare_faces(
        PARABOLA, "sgd:eta=0.1", ("sde2", "flow"), progress=lambda done, _: calls.append(done), **asked
    )
    assert len(calls) > 6
    for stop in range(len(calls)):
        left = [stop]

        def pressed(*_: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt

        with pytest.raises(Interrupted) as caught:
            ss.compare_faces(PARABOLA, "sgd:eta=0.1", ("sde2", "flow"), progress=pressed, **asked)
        rest = partial.load(caught.value.partial.save(tmp_path / "0.rest"))
        again = ss.compare_faces(PARABOLA, "sgd:eta=0.1", ("sde2", "flow"), resume=rest, **asked)  # type: ignore[arg-type]
        for name in ("t", "alive", "diverged", *(f"errors.{phi}" for phi in PHI)):
            head, _, key = name.partition(".")
            one, other = (getattr(each, head) for each in (again, whole))
            np.testing.assert_array_equal(one[key] if key else one, other[key] if key else other)
        for name, band in whole.traces.items():
            for part in ("mean", "se", "low", "high"):
                np.testing.assert_array_equal(getattr(again.traces[name], part), getattr(band, part))

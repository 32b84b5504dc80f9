"""Finite sums and jets: samples whose mean is the loss, and derivatives to fourth order of any weighting of them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy

import saddlescape as ss
from saddlescape.errors import UsageError
from saddlescape.landscapes import CATALOGUE, Landscape, landscape
from saddlescape.landscapes.jets import inputs
from saddlescape.landscapes.numeric import of_program

ROOT = Path(__file__).parents[1]
SUMS = [name for name, one in CATALOGUE.items() if one.samples]


def exact(one, expression=None):
    """The loss (or another expression in its symbols) as an mpmath function of the coordinates."""
    symbols = [sympy.Symbol(c, real=True) for c in one.coordinates]
    values = {sympy.Symbol(k, real=True): sympy.Rational(v) for k, v in one.params.items()}
    return sympy.lambdify(
        symbols, (one.expression if expression is None else expression).subs(values), "mpmath"
    )


def mixed(f, x, *directions):
    """The vector of mixed derivatives of f at x along each axis and the directions, by differences at 60 digits."""
    with mpmath.workdps(60):
        base = [mpmath.mpf(float(c)) for c in x]
        found = []
        for axis in np.eye(len(base)):
            along = [[mpmath.mpf(float(c)) for c in d] for d in (axis, *directions)]

            def moved(*t, along=along):
                return f(
                    *(b + sum(s * d[i] for s, d in zip(t, along, strict=True)) for i, b in enumerate(base))
                )

            found.append(float(mpmath.diff(moved, (0,) * len(along), (1,) * len(along))))
    return np.array(found)


def close(found, wanted):
    """To 1e-11 of the largest component: some hundred roundings, and what cancels between terms of the derivative."""
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11 * max(1.0, np.abs(wanted).max()))


def somewhere(one, seed):
    """A random place in the view, three directions and weights."""
    rng = np.random.default_rng(seed)
    lo, hi = np.array(one.view).T
    return rng.uniform(lo, hi), rng.normal(size=(3, one.dim)), rng.normal(size=one.n_samples)


def expressions(one):
    return [one.per_sample(i).expression for i in range(one.n_samples)]


# ---- samples ----
@pytest.mark.parametrize("name", SUMS)
def test_the_mean_of_the_samples_is_the_loss(name):
    one = CATALOGUE[name]
    assert sympy.simplify(sympy.Add(*expressions(one)) / one.n_samples - one.expression) == 0


@pytest.mark.parametrize("name", SUMS)
def test_a_sample_is_a_landscape_with_the_derivatives_of_its_formula(name):
    one = CATALOGUE[name]
    x = somewhere(one, 3)[0]
    for i in range(one.n_samples):
        part = one.per_sample(i)
        assert (part.formula, part.samples, part.n_samples) == (one.samples[i], (), 0)
        for field in ("coordinates", "params", "domain", "view", "start", "eta", "rho", "steps"):
            assert getattr(part, field) == getattr(one, field)
        wanted = mixed(exact(part), x)
        close(part.grad(x), wanted)
        close(one.sample_grads(x)[i], wanted)
        assert one.sample_losses(x)[i] == pytest.approx(float(part.loss(x)), rel=1e-13, abs=1e-13)


def test_the_gradients_of_the_saddle_vary_by_one_in_every_direction():
    one = CATALOGUE["saddle"]
    noise = one.sample_grads((0.3, 0.7)) - one.grad((0.3, 0.7))
    np.testing.assert_allclose(noise.T @ noise / 4, np.eye(2), atol=1e-15)


def test_samples_are_part_of_what_a_landscape_is_and_not_of_its_critical_points(monkeypatch):
    from saddlescape.landscapes import critical

    whole = CATALOGUE["beale"]
    bare = Landscape("beale", whole.formula, domain=whole.domain)
    assert bare != whole
    assert bare.identity[:5] == whole.identity[:5]
    wanted = whole.census
    monkeypatch.setattr(critical, "census", None)
    assert bare.census == wanted


def test_samples_of_a_typed_formula_may_have_parameters_of_their_own():
    one = landscape("x^2 - a*y^2", samples=["x^2 - a*y^2 + s*x", "x^2 - a*y^2 - s*x"], a=2, s=0.5)
    assert one.n_samples == 2
    np.testing.assert_allclose(one.sample_grads((1, 1)), [[2.5, -4], [1.5, -4]], rtol=1e-15)
    np.testing.assert_allclose(one.with_params(s=1).sample_grads((1, 1))[:, 0], [3, 1], rtol=1e-15)
    x, y = sympy.symbols("x y")
    assert landscape(x**2 + y**2, samples=[2 * x**2, 2 * y**2]).samples == ("2*x^2", "2*y^2")


def test_samples_are_compared_where_they_are_finite():
    assert landscape("log(x)/2", samples=["log(x) - sqrt(x)", "sqrt(x)"]).n_samples == 2


@pytest.mark.parametrize(
    ("source", "more", "said"),
    [
        ("x^2 - y^2", {"samples": ["x^2", "-y^3"]}, "the mean of the samples is not the formula: at x = "),
        ("x^2 - y^2", {"samples": ["x^2", "-y^2"]}, "Their sum is: write 2 times each"),
        ("x^2", {"samples": ["x^2 + s*x", "x^2 - s*x"]}, "no value for the parameter 's'"),
        (
            "x^2",
            {"samples": ["x^2 + s*x", "x^2 - s*x"], "s": 1, "q": 1},
            "no parameter 'q'. Its parameters: s",
        ),
        ("x^2", {"samples": ["x^2", "3*z"]}, "at least one coordinate"),
        ("x^2", {"samples": "x^2"}, "a list of formulas"),
        ("saddle", {"samples": ["x^2", "y^2"]}, "samples go with a formula"),
        ((abs, abs), {"samples": ["x^2"], "domain": ((0, 1),)}, "samples go with a formula"),
    ],
)
def test_samples_that_do_not_fit_are_refused_in_words(source, more, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        landscape(source, **more)


def own():
    return Landscape.from_functions(lambda x: x * x, lambda x: (2 * x,), ((-1, 1),))


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: CATALOGUE["beale"].per_sample(3), "beale has 3 samples, numbered from 0: there is no sample 3"),
        (lambda: CATALOGUE["beale"].per_sample(-1), "there is no sample -1"),
        (lambda: CATALOGUE["beale"].per_sample("first"), "by its number, 0 to 2, not by 'first'"),
        (lambda: CATALOGUE["himmelblau"].per_sample(0), "himmelblau is no finite sum: its loss has no samples"),
        (lambda: CATALOGUE["himmelblau"].jet(2, weighted=True), "himmelblau is no finite sum"),
        (lambda: CATALOGUE["himmelblau"].sample_grads((1, 1)), "himmelblau is no finite sum"),
        (lambda: CATALOGUE["himmelblau"].along((1, 1), weights=[1]), "himmelblau is no finite sum"),
        (lambda: CATALOGUE["beale"].along((1, 1), weights=[1, 1]), "weights of shape (…, 3) are needed, not (2,)"),
        (lambda: CATALOGUE["beale"].along((1, 1), (1, 1, 1)), "shape (…, 2) is needed, not (3,)"),
        (lambda: CATALOGUE["beale"].jet(5), "order 0 to 4, not 5"),
        (lambda: own().jet(2), "own has no formula"),
        (lambda: own().third((0.5,), (1,), (1,)), "no third derivative"),
        (lambda: own().per_sample(0), "own is no finite sum"),
    ],
)  # fmt: skip
def test_refusals_say_what_is_wrong(ask, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        ask()


def test_functions_of_ones_own_have_no_samples():
    with pytest.raises(UsageError, match="samples go with a formula"):
        Landscape.from_functions(lambda x: x * x, lambda x: (2 * x,), ((-1, 1),), samples=("x^2",))


# ---- jets ----
@pytest.mark.parametrize("name", CATALOGUE)
def test_jets_of_the_loss_agree_with_mpmath(name):
    one = CATALOGUE[name]
    x, directions, _ = somewhere(one, 11)
    f = exact(one)
    for order in (1, 2, 3, 4):
        close(one.along(x, *directions[: order - 1]), mixed(f, x, *directions[: order - 1]))


@pytest.mark.parametrize("name", SUMS)
def test_weighted_jets_agree_with_mpmath(name):
    one = CATALOGUE[name]
    x, directions, weights = somewhere(one, 12)
    f = exact(one, sum(sympy.Rational(float(w)) * e for w, e in zip(weights, expressions(one), strict=True)))
    for order in (1, 2, 3, 4):
        along = directions[: order - 1]
        close(one.along(x, *along, weights=weights), mixed(f, x, *along))


@pytest.mark.parametrize("name", SUMS)
def test_a_weighted_jet_is_the_weighted_sum_of_the_jets_of_the_samples(name):
    one = CATALOGUE[name]
    x, directions, weights = somewhere(one, 13)
    parts = [one.per_sample(i) for i in range(one.n_samples)]
    for order in (1, 2, 3, 4):
        along = directions[: order - 1]
        each = np.array([part.along(x, *along) for part in parts])
        close(one.along(x, *along, weights=weights), weights @ each)
        mean = one.along(x, *along, weights=np.full(one.n_samples, 1 / one.n_samples))
        close(one.along(x, *along), mean)


@pytest.mark.slow
def test_jets_of_compositions_agree_with_mpmath():
    """Quotients in quotients, roots and six coordinates: what the catalogue has not."""
    for text in (
        "x/(1 + y/(2 + x/(3 + y^2))) + sqrt(1 + x^2 + y^4)*tanh(x*y)",
        "log(1 + exp(x1 - 2*x2 + x3)) + (x4*x5*x6 - 1)^2 + atan(x1*x6)",
    ):
        one = landscape(text)
        x, directions, _ = somewhere(one, 14)
        for order in (2, 3, 4):
            close(one.along(x, *directions[: order - 1]), mixed(exact(one), x, *directions[: order - 1]))


def test_the_program_of_a_jet_reads_the_documented_names():
    one = CATALOGUE["two_sample_valley"]
    names = inputs(one, 4, True)
    assert names == [*(f"_{n}{i}" for n in "uvs" for i in range(3)), "_w0", "_w1"]
    program = one.jet(4, weighted=True)
    words = set(re.findall(r"[A-Za-z_]\w*", " ".join([*program["lines"], *program["out"]])))
    assert {w for w in words if w.startswith("_")} <= set(names)
    function = of_program(program, [*one.coordinates, *names])
    x, directions, weights = somewhere(one, 15)
    np.testing.assert_allclose(
        function(*x, *directions.ravel(), *weights), one.along(x, *directions, weights=weights), rtol=1e-15
    )


def test_the_gradient_is_the_program_of_the_kernels():
    one = CATALOGUE["beale"]
    assert one.jet(1) == one.derived["gradient"]
    assert one.jet(0) == one.derived["loss"]


def test_inputs_of_a_jet_are_broadcast():
    one, rng = CATALOGUE["beale"], np.random.default_rng(2)
    x, u, w = rng.normal(size=(4, 1, 2)), rng.normal(size=(5, 2)), rng.normal(size=3)
    found = one.along(x, u, weights=w)
    assert found.shape == (4, 5, 2)
    np.testing.assert_allclose(found[2, 3], one.along(x[2, 0], u[3], weights=w), rtol=1e-15)
    assert one.sample_losses(x).shape == (4, 1, 3)
    assert one.sample_grads(x).shape == (4, 1, 3, 2)


def test_the_gradient_of_a_sample_is_zero_at_a_declared_tip():
    one = Landscape("tips", "sqrt(x^2 + y^2)", samples=("2*sqrt(x^2 + y^2)", "0*x"), cones=((0, 0),))
    np.testing.assert_array_equal(one.along((0, 0), weights=(1, 1)), 0)
    np.testing.assert_array_equal(one.sample_grads((0, 0)), 0)


def test_what_is_remembered_needs_no_algebra():
    """The second process finds the jets on disk, whatever the samples and the order."""
    code = (
        "import sys, json, saddlescape as ss; one = ss.landscape('beale'); x = [0.3, 0.7]; "
        "values = [one.along(x, x, x, x).tolist(), one.along(x, x, weights=[1, 2, 3]).tolist(), "
        "one.per_sample(1).grad(x).tolist(), one.sample_losses(x).tolist()]; "
        "print(json.dumps([values, 'sympy' in sys.modules]))"
    )
    for again in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
        )
        values, algebra = json.loads(done.stdout)
        assert not (again and algebra)
    np.testing.assert_allclose(values[2], ss.landscape("beale").sample_grads((0.3, 0.7))[1], rtol=1e-14)

"""What makes no sense is refused in words: what does not go together, and what to use instead."""

from __future__ import annotations

import pytest

import saddlescape as ss
from saddlescape.errors import UsageError

#: method -> words of the refusal: both parts, and the way out
REFUSED = {
    # numbers out of range
    "gd:batch=0": ["batch", "whole number ≥ 1", "'0'"],
    "gd:batch=-2": ["batch", "whole number ≥ 1", "'-2'"],
    "gd:batch=1.5": ["batch", "whole number ≥ 1", "'1.5'"],
    "gd:batch=1|2": ["batch is the same for all trajectories", "several methods", "batch=a|b"],
    "gd:batch=many": ["batch", "whole number ≥ 1", "'many'"],
    "gd:sigma=-0.1": ["sigma", "≥ 0", "-0.1"],
    "sam:sigma=0.1|-0.1": ["sigma", "≥ 0", "-0.1"],
    "gd:sigma=nan": ["sigma", "nan"],
    "gd:beta=1": ["beta", "0 ≤ beta < 1", "not 1"],
    "gd@flow:beta=1.5": ["beta", "0 ≤ beta < 1", "1.5"],
    "sam@sde2:batch=1,beta=-0.5": ["beta", "0 ≤ beta < 1", "-0.5"],
    "gd@flow:dt=0": ["dt", "above 0"],
    "sam@flow:batch=1,scheme=dopri5": ["scheme=dopri5", "sam@flow", "use scheme=rk4"],
    "sam@flow:beta=0.5,scheme=dopri5": ["scheme=dopri5", "momentum", "use scheme=rk4"],
    "gd@flow:scheme=dopri5,rtol=0": ["rtol", "1e-14 ≤ rtol < 1"],
    "dnsam:floor=-1": ["floor", "≥ 0", "-1"],
    # words out of their lists
    "sam:batch=1,ascent=none": ["ascent", "same or full or fresh", "'none'"],
    "sam:sigma=1,noise=white": ["noise", "iso or hessian", "'white'"],
    "gd@flow:scheme=rk5": ["scheme", "rk4", "'rk5'", "did you mean"],
    "sam@sde2:batch=1,cov=exat": ["cov", "psd or exact or literal", "did you mean 'exact'"],
    "sam@flow:drift=modified": ["drift", "plain or mod", "'modified'"],
    "gd:batch=2,replace=maybe": ["replace", "true or false", "maybe"],
    # clocks that are none
    "sam@sde4:batch=1": ["@sde4", "order 2 (rho) or 3 (rho²)", "@sde2", "@sde3"],
    "sam@flow4": ["@flow4", "order 2 (rho) or 3 (rho²)", "@flow2", "@flow3"],
    "sam@sde1:batch=1": ["@sde1", "@sde2", "@sde3"],
    "sam@sde:batch=1": ["an SDE has an order", "@sde2", "@sde3"],
    "sam@flows": ["'flows'", "did you mean 'flow"],
    # noise without what it is about
    "sam:m=2": ["m=2", "sam has no batch", "batch=…"],
    "sam:batch=4,m=3": ["m=3", "does not divide", "batch=4"],
    "sam:batch=2,m=4": ["m=4", "does not divide", "batch=2"],
    "gd:replace=true": ["replace=true", "batch=…"],
    "sam:noise=hessian": ["noise=hessian", "sigma=…"],
    "sam:noise=hessian,batch=1": ["noise=hessian", "sigma=…"],
    "gd:batch=1,ascent=full": ["gd has no ascent step", "ascent=full", "sam or usam"],
    "sgd:ascent=fresh": ["gd has no ascent step", "ascent=fresh", "sam or usam"],
    "sam:ascent=full": ["ascent=full", "there is none", "batch=… or sigma=…"],
    # nodes where no expectation over Gaussian noise is taken
    "sam:sigma=1,nodes=4": ["nodes=4", "map sam", "sam@sde2"],
    "sam@sde2:batch=1,nodes=4": ["nodes=4", "sam@sde2", "add sigma=…"],
    "gd@sde2:sigma=1,nodes=4": ["nodes=4", "gd has no ascent step"],
    "sam@sde2:sigma=1,ascent=full,nodes=4": ["nodes=4", "ascent=full", "leave nodes out, or ascent"],
    "sam@sde2:sigma=1,nodes=0": ["nodes", "whole number ≥ 1", "'0'"],
    # flows
    "sam@flow:sigma=0.1": ["flow has no noise", "sam@flow", "sigma", "@sde2 or @sde3", "mean=true"],
    "sam@flow3:scheme=heun": ["scheme=heun", "SDEs", "sam@flow3", "rk4", "dopri5"],
    "sam@flow:rtol=1e-6": ["rtol", "scheme=dopri5", "sam@flow"],
    "sam@flow:atol=1e-6,scheme=rk4": ["atol", "scheme=dopri5", "sam@flow"],
    "sam@flow:cov=psd": ["sam", "@flow", "cov", "SDEs", "sam@sde2:cov=…"],
    "sam@flow2:cov=literal,batch=1": ["@flow2", "cov", "SDEs"],
    # SDEs
    "sam@sde2": ["sam@sde2", "no noise", "batch=… or sigma=…", "sam@flow2"],
    "sam@sde3:sigma=0": ["sam@sde3", "no noise", "batch=… or sigma=…", "sam@flow3"],
    "sam@sde2:batch=1,scheme=rk4": ["scheme=rk4", "flows", "sam@sde2", "euler or heun"],
    "sam@sde2:batch=1,scheme=dopri5": ["scheme=dopri5", "flows", "sam@sde2", "euler or heun"],
    "sam@sde2:batch=1,scheme=heun": ["scheme=heun", "additive", "batch=1", "scheme=euler", "ascent=full"],
    "sam@sde2:sigma=1,scheme=heun": ["scheme=heun", "additive", "sigma=1", "scheme=euler", "ascent=full"],
    "gd@sde2:sigma=1,noise=hessian,scheme=heun": ["scheme=heun", "additive", "noise=hessian", "scheme=euler"],
    "sam@sde2:batch=1,rtol=1e-3": ["@sde2", "rtol", "flows"],
    "sam@sde2:batch=1,mean=true": ["@sde2", "mean", "flows"],
    # maps
    "sam:dt=0.1": ["sam as a map", "dt", "flows and SDEs", "sam@flow:dt=…"],
    "gd:scheme=rk4": ["gd as a map", "scheme", "flows and SDEs"],
    "sam:drift=mod": ["sam as a map", "drift", "flows and SDEs"],
    "sam:cov=psd,batch=1": ["sam as a map", "cov", "SDEs"],
    "sam:rtol=1e-3": ["sam as a map", "rtol", "flows"],
    # momentum
    "gd@flow:beta=0.9,nesterov=true": ["Nesterov", "gd@flow", "heavy ball", "nesterov"],
    "sam@sde2:batch=1,beta=0.9,nesterov=true": ["Nesterov", "sam@sde2", "heavy ball", "nesterov"],
    "sam@flow:beta=0.9,drift=mod": ["drift=mod", "without momentum", "beta", "sam@flow"],
    "sam@sde3:batch=1,beta=0.9,drift=mod": ["drift=mod", "without momentum", "beta", "sam@sde3"],
}


@pytest.mark.parametrize(("text", "words"), REFUSED.items(), ids=REFUSED)
def test_what_does_not_go_together_is_refused_with_both_parts_and_a_way_out(
    text: str, words: list[str]
) -> None:
    with pytest.raises(UsageError) as refusal:
        ss.method(text)
    said = str(refusal.value)
    for word in words:
        assert word in said, said
    assert len(said) < 400


#: what to write instead, one for every refusal of a combination above
INSTEAD = [
    "sam:batch=4,m=2", "gd:batch=2,replace=true", "sam:noise=hessian,sigma=1", "sam:batch=1,ascent=full",
    "sam:sigma=1,ascent=full", "sam@sde2:sigma=0.1", "sam@flow:sigma=0.1,mean=true", "sam@flow3:scheme=dopri5",
    "sam@flow:rtol=1e-6,scheme=dopri5", "sam@sde2:cov=psd,batch=1", "sam@sde2:batch=1,scheme=euler",
    "sam@sde2:ascent=full,scheme=heun,sigma=1", "gd@sde2:scheme=heun,sigma=1", "sam@flow:dt=0.1",
    "sam@flow:beta=0.9", "sam@flow:drift=mod", "sam@sde3:batch=1", "sam@flow:batch=1",
]  # fmt: skip


@pytest.mark.parametrize("text", INSTEAD)
def test_what_a_refusal_recommends_is_a_method(text: str) -> None:
    made = ss.method(text)
    assert ss.method(made.text) == made


@pytest.mark.parametrize("clock", ["", "@flow", "@flow2", "@sde2", "@sde3"])
@pytest.mark.parametrize(
    ("landscape", "batch", "words"),
    [
        ("x^2 - y^4", 1, ["no finite sum", "no samples", "batch=1", "sigma=…"]),
        ("himmelblau", 2, ["himmelblau", "no finite sum", "batch=2", "sigma=…"]),
        ("beale", 4, ["beale", "3 samples", "a batch of 4", "replace=true", "batch ≤ 3"]),
    ],
)
def test_a_landscape_refuses_a_batch_that_it_cannot_draw(
    landscape: str, batch: int, words: list[str], clock: str
) -> None:
    L = ss.landscape(landscape)
    text = f"sam{clock}:batch={batch},rho=0.1,eta=0.01"
    for ask in (lambda: ss.simulate(L, text, steps=2), lambda: ss.step(L, ss.method(text))):
        with pytest.raises(UsageError) as refusal:
            ask()
        for word in words:
            assert word in str(refusal.value), str(refusal.value)


def test_with_replacement_a_batch_may_be_larger_than_the_sum() -> None:
    run = ss.simulate(ss.landscape("beale"), "sam:batch=4,replace=true", steps=3, engine="plain")
    assert run.x.shape == (1, 4, 2)


def test_a_tick_says_what_it_draws() -> None:
    tick = ss.step(ss.landscape("beale"), ss.method("sam:batch=1"))
    with pytest.raises(UsageError, match="w0"):
        tick([1.0, 2.0])
    tick = ss.step(ss.landscape("beale"), ss.method("sam:sigma=1"))
    with pytest.raises(UsageError, match="z"):
        tick([1.0, 2.0])


@pytest.mark.parametrize("streams", [[0], [0, 1, 2], [0.5, 1], [-1, 0], [0, 2**53], ["a", "b"]])
def test_streams_are_one_whole_number_per_trajectory(streams: list[object]) -> None:
    with pytest.raises(UsageError, match="streams"):
        ss.simulate(
            ss.landscape("beale"), "gd:sigma=1", [[1.0, 2.0], [0.0, 1.0]], 2, streams=streams, engine="plain"
        )


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(UsageError, match="seed"):
        ss.simulate(ss.landscape("beale"), "gd:sigma=1", steps=2, seed=seed, engine="plain")  # type: ignore[arg-type]


def test_without_numba_the_way_out_is_one_that_the_command_line_has(monkeypatch):
    """What numba leaves undecorated has no overloads, as with NUMBA_DISABLE_JIT=1."""
    from saddlescape.dynamics import native

    monkeypatch.setattr(native, "_run", lambda source, space: {"run": lambda: None})
    with pytest.raises(UsageError, match=r"Unset NUMBA_DISABLE_JIT \(or use engine=\"plain\" from Python\)"):
        native.compiled("")


@pytest.mark.parametrize(
    ("method", "given", "words"),
    [
        ("gd", {"steps": 10**40}, ["steps must be below", "not 1e+40"]),
        ("gd", {"steps": 10**400}, ["steps must be below", "more than 300 digits"]),
        ("gd", {"steps": 2.5}, ["steps must be a whole number ≥ 1, not 2.5"]),
        # Beale: 20 000 steps of 1e-4 are the time 2, of which dt = 1e-300 makes 2e300
        ("gd@flow:dt=1e-300", {}, ["too many ticks", "dt=1e-300 makes 2e+300"]),
        ("gd@flow:dt=1e-320", {}, ["too many ticks", "makes 1.8e+308"]),
    ],
)
def test_more_ticks_than_can_be_counted_are_refused_in_readable_numbers(method, given, words):
    with pytest.raises(UsageError) as refusal:
        ss.simulate(ss.landscape("beale"), method, engine="plain", **given)
    assert all(each in str(refusal.value) for each in words)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(("formula", "view"), [
    ("x*log(x) + y^2", ((-3, -1), (-1, 1))),
    ("log(x)^2", ((-3, -1),)),
])  # fmt: skip
def test_a_window_without_a_loss_is_not_drawn(formula: str, view: tuple[tuple[float, float], ...]) -> None:
    scene = ss.landscape(formula, view=view)
    start = [-2.0] * scene.dim
    run = ss.simulate(scene, "gd", start, 3, engine="plain")
    found = ss.flow_field(scene, "gd@flow", resolution=9, separatrices=False)
    for draw in (lambda: ss.plots.run_figure([run]), lambda: ss.plots.flow(found)):
        with pytest.raises(UsageError, match=r"defined nowhere in the window -3:-1.*nothing to draw"):
            draw()

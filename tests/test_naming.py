"""What methods are called beside each other: apart where they differ, short where they agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saddlescape import method
from saddlescape.plots import naming

GD, SAM = "gd:eta=0.0001", "sam:eta=0.0001,rho=0.5"
FLOW = "sam@flow:dt=1e-05,eta=0.0001,rho=0.5"
SDE = "sam@sde2:batch=1,dt=1e-05,eta=0.0001,rho=0.5"


@pytest.mark.parametrize(("texts", "plain", "files"), [
    ([SAM], ["sam ρ=0.5"], ["sam"]),
    ([GD, SAM], ["gd", "sam ρ=0.5"], ["gd", "sam"]),
    (["sam:beta=0.9,eta=0.1,nesterov=true,rho=0.5"], ["sam ρ=0.5 β=0.9 Nesterov"], ["sam"]),
    ([GD, SAM, FLOW], ["gd", "sam ρ=0.5", "sam@flow ρ=0.5"], ["gd", "sam", "sam@flow"]),
    ([FLOW, FLOW.replace("1e-05", "3e-05")], ["sam@flow ρ=0.5 dt=1e-05", "sam@flow ρ=0.5 dt=3e-05"],
     ["sam@flow-dt=1e-05", "sam@flow-dt=3e-05"]),
    ([SDE, SDE.replace(",dt", ",drift=mod,dt")], ["sam@sde2 ρ=0.5", "sam@sde2 ρ=0.5 drift=mod"],
     ["sam@sde2", "sam@sde2-drift=mod"]),
    # eta/10 of another eta is the same choice of dt
    ([FLOW, "sam@flow:dt=0.0001,eta=0.001,rho=0.5"], ["sam@flow ρ=0.5 η=0.0001", "sam@flow ρ=0.5 η=0.001"],
     ["sam@flow-eta=0.0001", "sam@flow-eta=0.001"]),
    (["sgd:eta=0.1", "sam:batch=1,eta=0.1,rho=0.5"], ["sgd", "sam ρ=0.5"], ["sgd", "sam"]),
    (["gd:eta=0.1", "sam:batch=1,eta=0.1,rho=0.5"], ["gd", "sam ρ=0.5 batch=1"], ["gd", "sam"]),
    (["sam:eta=1.0,rho=0.12345678", "sam:eta=1.0,rho=0.12345679"],
     ["sam ρ=0.12345678", "sam ρ=0.12345679"], ["sam-rho=0.12345678", "sam-rho=0.12345679"]),
    ([SAM, "sam:beta=0.9,eta=0.0001,rho=0.2"], ["sam ρ=0.5", "sam ρ=0.2 β=0.9"],
     ["sam-rho=0.5", "sam-rho=0.2,beta=0.9"]),
])  # fmt: skip
def test_names_hold_rho_and_what_differs(texts: list[str], plain: list[str], files: list[str]) -> None:
    assert naming.plain_labels(texts) == plain
    assert naming.file_names(texts) == files


def test_print_says_the_face_in_words() -> None:
    mod = SDE.replace(",dt", ",cov=exact,drift=mod,dt")
    assert naming.labels([GD, SAM, FLOW]) == ["GD", "SAM ρ = 0.5", "SAM flow, ρ = 0.5"]
    assert naming.labels([SDE, mod])[1] == "SAM SDE of order 2, ρ = 0.5, cov = exact, drift = mod"
    assert naming.labels([GD, SAM], without=("rho",)) == ["GD", "SAM"]


def test_what_all_share_is_said_once() -> None:
    assert naming.same([GD, SAM]) == "η = 10⁻⁴"
    assert naming.same(["sam:batch=1,eta=0.0001,rho=0.5", SDE]) == "η = 10⁻⁴, batch = 1, dt = η/10"
    assert naming.shared([SDE, "sgd:eta=0.0001"]) == {"batch": "1", "eta": "0.0001"}
    assert naming.same([SAM, "sam:eta=0.1,rho=0.5"]) == ""


def test_a_sweep_over_trajectories_is_named_by_its_ends() -> None:
    assert naming.labels(["sam:eta=1.0,rho=0.1|0.2|0.3"]) == ["SAM ρ = 0.1 … 0.3"]


NOISY = "sam@sde2:dt=0.001,eta=0.01,{}rho=0.5,sigma=0.1"


def test_beside_another_number_of_nodes_the_default_is_named() -> None:
    two, none = NOISY.format("nodes=2,"), NOISY.format("")
    assert naming.plain_labels([two, none]) == ["sam@sde2 ρ=0.5 nodes=2", "sam@sde2 ρ=0.5 nodes=default"]
    assert naming.file_names([two, none]) == ["sam@sde2-nodes=2", "sam@sde2-nodes=default"]
    # a map has no nodes; noise that the ascent does not see is not averaged over
    unseen = none.replace("dt", "ascent=full,dt")
    assert naming.plain_labels([two, GD, unseen])[1:] == [
        "gd η=0.0001",
        "sam@sde2 ρ=0.5 ascent=full η=0.01 σ=0.1",
    ]


@pytest.mark.parametrize(("groups", "named"), [
    ([[NOISY.format("nodes=2,"), NOISY.format("nodes=3,"), NOISY.format("")]], ["SAM SDE of order 2"]),
    ([[GD], [SAM, SAM.replace("0.5", "0.1")], [FLOW]], ["GD", "SAM", "SAM flow"]),
    # one formula with momentum, one without
    ([[SAM], ["sam:beta=0.9,eta=0.0001,rho=0.5"]], ["SAM", "SAM β = 0.9"]),
    ([["sam:beta=0.8,eta=0.0001,rho=0.5", "sam:beta=0.9,eta=0.0001,rho=0.5"], [SAM]],
     ["SAM β = 0.8, SAM β = 0.9", "SAM"]),
    ([["sam:eta=0.1,rho=0.5,sigma=0.1"]], ["SAM σ = 0.1"]),
])  # fmt: skip
def test_a_formula_is_named_by_what_its_methods_have_in_common(
    groups: list[list[str]], named: list[str]
) -> None:
    assert naming.kinds(groups) == named


NUMBERS = st.floats(1e-6, 0.9).map(repr)
KEYS = st.fixed_dictionaries(
    {"eta": NUMBERS, "rho": NUMBERS},
    optional={"beta": NUMBERS, "sigma": NUMBERS, "batch": st.sampled_from(["1", "2"]), "smooth": NUMBERS},
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["sam", "usam", "sam@sde2", "sam@sde3"]), KEYS), min_size=2, max_size=5
    )
)
def test_methods_that_differ_have_different_names(drawn: list[tuple[str, dict[str, str]]]) -> None:
    texts = []
    for head, keys in drawn:
        own = {k: v for k, v in keys.items() if k != "smooth" or head == "sam"}
        noise = {} if {"batch", "sigma"} & set(own) else {"sigma": "0.5"}
        texts.append(method(head, **own, **noise).resolved(None, None).text)
    for name in (naming.labels, naming.plain_labels, naming.file_names):
        assert len(set(name(texts))) == len(set(texts))
    for name in naming.file_names(texts):
        assert not set(name) & set('/\\:*?"<>| ')

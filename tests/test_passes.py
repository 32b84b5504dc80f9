"""Large laws: what a pass over the atoms finds is what the formula with every atom written out says."""

from __future__ import annotations

import numpy as np
import pytest

import saddlescape as ss
from saddlescape.dynamics import flows
from saddlescape.dynamics.link import kernel_source
from saddlescape.errors import UsageError

CASES = {
    "batches of three of six": ("linear_regression_2d", "sam@sde3:batch=3,rho=0.2", 20),
    "groups, with momentum": ("linear_regression_2d", "sam@sde2:batch=2,m=1,beta=0.5", 15),
    "a draw of the ascent's own": ("beale", "sam@flow:batch=2,replace=true,ascent=fresh", 36),
    "Gaussian noise the ascent sees": ("beale", "usam@sde2:sigma=1,rho=1e-3", 36),
    "an adaptive flow of a mean": ("beale", "usam@flow2:rho=1e-3,sigma=1,mean=true,scheme=dopri5", 36),
    "the exact covariance": ("linear_regression_2d", "sam@sde3:batch=3,cov=exact", 20),
}


@pytest.mark.parametrize(("name", "text", "atoms"), CASES.values(), ids=CASES)
def test_a_pass_finds_what_the_written_out_law_says(
    name: str, text: str, atoms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    L = ss.landscape(name)
    method = ss.method(text).on(L)
    assert len(method.parts(2, L.n_samples).law.atoms) == atoms
    x0 = np.array(L.start) + np.array([[0.0, 0.0], [0.3, -0.2]])
    by_pass = ss.simulate(L, method, x0, 12, engine="plain")
    assert "def atoms_0" in kernel_source(L, method)
    monkeypatch.setattr(flows, "WRITTEN_OUT", 1000)
    assert "def atoms_0" not in kernel_source(L, method)
    written = ss.simulate(L, method, x0, 12, engine="plain")
    # the same operations in another order: weights of 0 are multiplied by, not left out
    np.testing.assert_allclose(by_pass.x, written.x, rtol=1e-13, atol=1e-15)


def test_what_needs_every_atom_written_out_is_refused_for_large_laws() -> None:
    L = ss.landscape("linear_regression_2d")
    for key in ("cov=literal", "drift=mod"):
        with pytest.raises(
            UsageError, match=f"{key} is built for laws of at most 36 atoms, and this noise has 56"
        ):
            ss.simulate(L, f"sam@sde2:batch=3,replace=true,{key}", steps=2)


def test_the_largest_laws_are_printed_and_run() -> None:
    """253 atoms are too many for one chain of sums; more nodes change little where the direction is smooth."""
    L = ss.landscape("beale")
    text = "sam@sde3:sigma=1,eta=1e-4,rho=0.05,nodes={}"
    assert "for a in range(253)" in kernel_source(L, ss.method(text.format(11)).on(L))
    many, few = (ss.simulate(L, text.format(n), steps=3, engine="plain").final for n in (11, 4))
    # at the start |g|/sigma is 327: all rules agree to a millionth of the drift, and steps are 3e-5 of it
    np.testing.assert_allclose(many, few, atol=1e-8)

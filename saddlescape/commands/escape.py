"""``landscape escape``: how soon methods leave a saddle or a minimum."""

from __future__ import annotations

import typer

from saddlescape.commands import options as o
from saddlescape.commands.asking import ask


@o.takes(
    landscape=o.MaybeSource, opt=o.Opt, **o.NUMBERS, point=o.From, x0=o.OneStart, radius=o.Radius, spread=o.Spread,
    runs=o.Repetitions, steps=o.Steps, time=o.Time, seed=o.Seed, **o.SCENE, out=o.Out, **o.FILES, **o.WORK,
    no_continue=o.NoContinue,
)  # fmt: skip
def escape(context: typer.Context) -> None:
    """Measure how soon many runs leave a ball around a saddle or a minimum.

    Shares with 95 % intervals, median times, the curves of those that stay (Kaplan–Meier); of a sweep also
    the shares against what is swept.

    \b
      landscape escape saddle --opt 'sam:batch=1|2,rho=0.5' --opt sgd
      landscape escape saddle --opt 'sam:beta=0|0.5|0.9,batch=1,rho=0.3' --from 0
    """
    given = dict(context.params)
    given["x0"] = None if given.get("x0") is None else [given["x0"]]
    ask("escape", given)

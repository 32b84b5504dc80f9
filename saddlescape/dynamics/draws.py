"""What a tick draws, as source text: normals, batches as weights of the samples, Brownian increments.

A formula names what it needs: vectors z and az (standard normal), sources w0, w1 … and aw0 … (weights of the samples in
each group of a batch), increments dw and db (vectors) and xi0, xi1 … (scalars). Every draw is a pure function of seed,
trajectory, tick and a tag of its own (rng.py), so it does not matter where and in which order work is done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from saddlescape.dynamics.noise import Noise
from saddlescape.dynamics.printing import Rows, tuple_text, verbatim

#: tags of the draws; a Brownian bridge uses ``depth`` further ones
NORMAL, ASCENT_NORMAL, BATCH, ASCENT_BATCH, LAW_NORMAL = 0, 1, 2, 3, 4
BRIDGE, LAW_BRIDGE = 16, 64
#: halvings of a tick that a Brownian path is refined by at most
DEPTH = 20
#: how a function that is called, not inlined, begins (prelude.py)
CALLED = ("    widen()", "    apart()", "    w = shaped(w)")


@dataclass
class Seen:
    """What occurs in the formulas of a tick."""

    operations: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    jets: set[tuple[str, Any]] = field(default_factory=set)


@dataclass
class Drawn:
    """Functions that draw, and the calls of them at the top of a tick."""

    functions: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


def printed(noise: Noise, d: int, n: int, seen: Seen, rows: Rows) -> Drawn:
    """Return the draws that the names in ``seen`` ask for; their rows are added to ``rows``."""
    out = Drawn()
    for name, tag in (("z", NORMAL), ("az", ASCENT_NORMAL)):
        if name in seen.names:
            out.functions.append(_normals(name, d, tag, rows))
            out.calls.append(f"draw_{name}(w, t, fresh and t == start, lo, hi)")
    for prefix, tag in (("w", BATCH), ("aw", ASCENT_BATCH)):
        groups = sorted(
            (s for s in seen.names if re.fullmatch(rf"{prefix}\d+", s)), key=lambda s: int(s[len(prefix) :])
        )
        if groups:
            out.functions += _batch(prefix, groups, noise, n, tag, rows)
            out.calls.append(f"draw_{prefix}(w, t, fresh and t == start, lo, hi)")
    scalars = sorted((s for s in seen.names if re.fullmatch(r"xi\d+", s)), key=lambda s: int(s[2:]))
    for name, count, tag, bridge in (
        ("dw", d if "dw" in seen.names else 0, NORMAL, BRIDGE),
        ("db", d if "db" in seen.names else 0, LAW_NORMAL, LAW_BRIDGE),
        ("xi", len(scalars), LAW_NORMAL, LAW_BRIDGE),
    ):
        if count:
            out.functions += _brownian(name, count, tag, bridge, scalars if name == "xi" else [], rows)
            out.calls.append(f"increments_{name}(w, t, fresh and t == start, lo, hi)")
    return out


def _normals(name: str, d: int, tag: int, rows: Rows) -> str:
    """Print the draw of a standard normal vector. Four normals come at once: for d = 1 and 2 they serve 4 and 2 ticks."""
    per = 4 // d if d <= 2 else 1
    first = rows.add(name, d)
    lines = [f"@called\ndef draw_{name}(w, t, fresh, lo, hi):", *CALLED]
    if per > 1:
        stock = rows.add(f"{name}_stock", 4)
        lines += [f"    if fresh or t % {per} == 0:", "        " + _four(stock, 4, f"t // {per}", tag, 0)]
        for k in range(per):  # rows are literals: a copy is done in vectors
            lines += [f"    {'el' if k else ''}if t % {per} == {k}:", "        for i in range(LANES):"]
            lines += [f"            w[{first + c}, i] = w[{stock + d * k + c}, i]" for c in range(d)]
    else:
        rows.top += -d % 4  # draws fill four rows
        lines += [
            "    " + _four(first + 4 * slot, d - 4 * slot, "t", tag, slot) for slot in range(-(-d // 4))
        ]
    return "\n".join(lines)


def _four(row: int, count: int, tick: str, tag: int, slot: int) -> str:
    return f"normal_rows(w, {row}, {count}, {tick}, {tag}, {slot}, lo, hi)"


def _uniforms(row: int, count: int, tick: str, tag: int, slot: int, pad: str) -> list[str]:
    names = ["a", "b", "c", "e"]
    lines = [f"{pad}for i in range(LANES):"]
    lines.append(f"{pad}    {', '.join(names)} = words4(w[STREAM, i], {tick}, {tag}, {slot}, lo, hi)")
    return lines + [f"{pad}    w[{row + k}, i] = uniform({names[k]})" for k in range(count)]


def _batch(prefix: str, groups: list[str], noise: Noise, n: int, tag: int, rows: Rows) -> list[str]:
    """Print the draw of a batch: the function that turns uniforms into weights, and the loops over the lanes."""
    assert noise.batch is not None
    size = noise.batch // noise.groups
    simple = noise.replace or noise.batch == 1
    count = noise.batch if simple else n - 1
    for name in groups:
        rows.add(name, n)
    per = {1: 4, 2: 2}.get(count, 1)
    slots = -(-count // 4) if per == 1 else 1
    stock = rows.add(f"{prefix}_uniforms", 4 * slots)
    lines = [f"@called\ndef draw_{prefix}(w, t, fresh, lo, hi):", *CALLED]
    if per > 1:
        lines += [f"    if fresh or t % {per} == 0:"]
        lines += _uniforms(stock, 4, f"t // {per}", tag, 0, "        ")
        lines += [f"    place = {stock} + {count}*(t % {per})"]
    else:
        for slot in range(slots):
            lines += _uniforms(stock + 4 * slot, min(4, count - 4 * slot), "t", tag, slot, "    ")
        lines += [f"    place = {stock}"]
    uniforms = ", ".join(f"w[place + {k}, i]" for k in range(count))
    lines += ["    for i in range(LANES):", f"        chosen = choose_{prefix}({uniforms})"]
    for g, name in enumerate(groups):
        lines += [f"        w[{rows.of[name][0] + s}, i] = chosen[{g * n + s}]" for s in range(n)]
    pick = _with_replacement if simple else _without_replacement
    choose = [f"@inline\ndef choose_{prefix}({', '.join(f'u{k}' for k in range(count))}):"]
    return ["\n".join(choose + pick(n, size, noise.groups)), "\n".join(lines)]


def _with_replacement(n: int, size: int, groups: int) -> list[str]:
    lines = [f"    s{k} = u{k}*{n}.0" for k in range(size * groups)]
    weights = []
    for g in range(groups):
        for i in range(n):
            hits = []
            for k in range(g * size, (g + 1) * size):
                sides = [f"(s{k} >= {i}.0)"] * (i > 0) + [f"(s{k} < {i + 1}.0)"] * (i < n - 1)
                hits.append(f"({1 / size!r} if {' & '.join(sides) or 'True'} else 0.0)")
            weights.append(" + ".join(hits))
    return [*lines, f"    return {tuple_text(weights)}"]


def _without_replacement(n: int, size: int, groups: int) -> list[str]:
    """Sample after sample goes to a group, or to none, in proportion to the places left (selection sampling)."""
    lines = [f"    r{g} = {float(size)!r}" for g in range(groups)]
    for i in range(n):
        lines.append(f"    s = u{i}*{n - i}.0" if i < n - 1 else "    s = 0.0")
        below = "0.0"
        for g in range(groups):
            test = f"(s >= {below}) & " if g else ""
            above = f"r{g}" if g == 0 else f"c{g - 1} + r{g}"
            lines += [f"    c{g} = {above}", f"    h{g} = 1.0 if {test}(s < c{g}) else 0.0"]
            below = f"c{g}"
        for g in range(groups):
            lines += [f"    r{g} = r{g} - h{g}", f"    k{g}_{i} = {1 / size!r}*h{g}"]
    return [*lines, f"    return {tuple_text([f'k{g}_{i}' for g in range(groups) for i in range(n)])}"]


def _brownian(name: str, count: int, tag: int, bridge: int, scalars: list[str], rows: Rows) -> list[str]:
    """Print the increments of ``count`` Brownian motions over a tick; over a step of the map they sum to √eta times
    the normals of that step (brownian.py)."""
    root = "z" if name == "dw" else f"{name}_step"
    functions = [_normals(root, count, tag, rows)]
    first = rows.top
    if scalars:
        for each in scalars:
            rows.add(each)
    else:
        rows.add(name, count)
    places = {
        "MOTION": name,
        "ROOT": root,
        "OUT": first,
        "NORMALS": rows.of[root][0],
        "ROOTS": rows.add(f"{name}_roots", 2),
        "REST": rows.add(f"{name}_rest", count),
        "FRESH": rows.add(f"{name}_fresh", 4 * -(-count // 4)),
        "LEVELS": rows.add(f"{name}_levels", count * (DEPTH + 1)),
        "COUNT": count,
        "TAG": bridge,
    }
    functions.append(
        re.sub(
            "|".join(rf"(?<![A-Za-z]){n}\b" for n in places),
            lambda m: str(places[m[0]]),
            verbatim("brownian.py"),
        )
    )
    return functions

"""What methods are called beside each other: one place for legends, tables, captions and file names. No matplotlib here.

A name is what is typed (``sam``, ``sam@sde2``), then rho where there is one, then what differs between the methods that
stand together. What they share is said once (``shared``), in a caption or above a table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from saddlescape.plots import words
from saddlescape.plots.words import GREEK

UPPER = {"gd", "sgd", "sam", "usam", "asam", "egr", "gnp", "bsam", "ausam", "fsam", "esam", "gsam", "dnsam"}
CLOCKS = {
    "flow": "flow",
    "flow2": "flow of order 2",
    "flow3": "flow of order 3",
    "sde2": "SDE of order 2",
    "sde3": "SDE of order 3",
}
#: keys of flows and SDEs: a map beside them has no value for them
FACES = ("dt", "scheme", "rtol", "atol", "drift", "cov", "mean", "nodes")
#: digits tried until methods that differ have different names
DIGITS = (6, 9, 12, 15, 17)


@dataclass(frozen=True)
class Read:
    """A method text in parts: ``name``, ``clock`` (steps, flow, sde2 …), ``keys`` as texts."""

    name: str
    clock: str
    keys: dict[str, str]

    @property
    def head(self) -> str:
        """The name as it is typed: sam, sam@sde2."""
        return self.name if self.clock == "steps" else f"{self.name}@{self.clock}"

    def value(self, key: str) -> str | None:
        """Return the value of ``key``; None where it is the default, or the method has none."""
        if key == "nodes" and self.averages:
            return self.keys.get(key, "default")
        return "1" if key == "batch" and self.name == "sgd" else self.keys.get(key)

    @property
    def averages(self) -> bool:
        """Whether the nodes of Gaussian noise that the ascent sees are taken: by default so many, of which the text
        says nothing."""
        gaussian = "sigma" in self.keys and self.name not in ("gd", "sgd")
        return gaussian and self.clock != "steps" and self.keys.get("ascent") != "full"

    @property
    def ticks(self) -> str:
        """How many ticks of dt make a step eta; dt itself where that is no whole number."""
        try:
            ratio = float(self.keys["eta"]) / float(self.keys["dt"])
        except (KeyError, ValueError, ZeroDivisionError):
            return self.keys.get("dt", "")
        near = abs(ratio - round(ratio)) < 1e-9 * ratio
        return str(round(ratio)) if near else self.keys["dt"]


def read(text: str) -> Read:
    """Return the parts of a method text such as ``sam@sde2:eta=1e-3,rho=0.1``."""
    head, _, rest = text.partition(":")
    name, _, clock = head.partition("@")
    return Read(name, clock or "steps", dict(p.split("=", 1) for p in rest.split(",") if "=" in p))


def eta(text: str) -> float | None:
    """Return the step size if the method has a single one."""
    try:
        return float(read(text).keys["eta"])
    except (KeyError, ValueError):
        return None


def display_name(name: str) -> str:
    """Return GD for gd, SAM for sam; other names as they are typed."""
    return name.upper() if name in UPPER else name


def told(texts: Sequence[str]) -> list[list[str]]:
    """Return per method the keys its name holds beside the others: rho first, then those that differ.

    dt differs where another number of ticks makes a step. One method alone holds all but eta and dt.
    """
    methods = [read(text) for text in texts]
    differing = {k for k in _keys(methods) if len(_values(methods, k)) > 1}
    if len(set(texts)) == 1:
        differing = {*_keys(methods)} - {"eta", "dt"}
    found = []
    for each in methods:
        own = [k for k in each.keys if k == "rho" or k in differing]
        if "nodes" in differing and each.averages and "nodes" not in own:
            own.append("nodes")  # beside others with a number of their own the default is one too
        found.append(sorted(own, key=lambda key: key != "rho"))
    return found


def shared(texts: Sequence[str]) -> dict[str, str]:
    """Return the keys and values that all methods have (those of faces: all faces) and no name holds; dt left aside."""
    methods = [read(text) for text in texts]
    held = {"dt", *(k for keys in told(texts) for k in keys)}
    found = {}
    for key in _keys(methods):
        values = _values(methods, key)
        if key not in held and len(values) == 1 and (value := values.pop()) is not None:
            found[key] = value
    return found


def _keys(methods: Sequence[Read]) -> list[str]:
    batch = ["batch"] if any(m.name == "sgd" for m in methods) else []
    return list(dict.fromkeys([*(k for m in methods for k in m.keys), *batch]))


def _values(methods: Sequence[Read], key: str) -> set[str | None]:
    """Return the values of ``key`` among the methods that can have one."""
    able = [m for m in methods if key not in FACES or m.clock != "steps"]
    return {m.ticks if key == "dt" else m.value(key) for m in able}


def labels(texts: Sequence[str], without: Collection[str] = ()) -> list[str]:
    """Return the names in print: GD, SAM ρ = 0.5, SAM SDE of order 2, ρ = 0.5, drift = mod."""

    def written(each: Read, keys: list[str], digits: int) -> str:
        shown = [said(k, each.value(k) or "", digits) for k in keys if k not in without]
        if each.clock == "steps":
            return f"{display_name(each.name)} {', '.join(shown)}".strip()
        return ", ".join([f"{display_name(each.name)} {CLOCKS.get(each.clock, each.clock)}", *shown])

    return _unlike(texts, written, (3, *DIGITS))


def kinds(groups: Sequence[Sequence[str]]) -> list[str]:
    """Return what to call the methods of each group in print where a group has one formula: by what its methods have in
    common and other groups have not; by all their names where that would not tell groups apart. Without rho, eta, dt,
    which are letters of the formula."""
    texts = [text for group in groups for text in group]
    spoken = {"rho", "eta", "dt", *(shared(texts) if len(set(texts)) > 1 else ())}
    heads = []
    for group in groups:
        methods = [read(text) for text in group]
        varying = {k for k in _keys(methods) if len({m.value(k) for m in methods}) > 1}
        heads.append(dict(zip(texts, labels(texts, {*spoken, *varying}), strict=True))[group[0]])
    own = dict(zip(texts, labels(texts, spoken), strict=True))
    return [
        head if heads.count(head) == 1 else ", ".join(dict.fromkeys(own[text] for text in group))
        for head, group in zip(heads, groups, strict=True)
    ]


def plain_labels(texts: Sequence[str]) -> list[str]:
    """Return the names for a terminal, as they are typed: gd, sam ρ=0.5, sam@sde2 ρ=0.5 drift=mod."""

    def written(each: Read, keys: list[str], digits: int) -> str:
        return " ".join([each.head, *(plainly(k, each.value(k) or "", digits) for k in keys)])

    return _unlike(texts, written, DIGITS)


def file_names(texts: Sequence[str]) -> list[str]:
    """Return the names for files: gd, sam, sam@sde2; for several of one head with what differs between those:
    sam-rho=0.1, sam-rho=0.2,beta=0.9."""
    heads = [read(text).head for text in texts]
    found: dict[str, str] = {}
    for head in dict.fromkeys(heads):
        group = [text for text, own in zip(texts, heads, strict=True) if own == head]
        if len(set(group)) == 1:
            found |= dict.fromkeys(group, head)
            continue
        methods = [read(text) for text in group]
        differing = [k for k in _keys(methods) if len(_values(methods, k)) > 1]
        differing.sort(key=lambda key: key != "rho")

        def written(each: Read, keys: list[str], digits: int, differing: list[str] = differing) -> str:
            shown = [f"{k}={_short(v, digits)}" for k in differing if (v := each.value(k)) is not None]
            return "-".join([each.head, *([",".join(shown)] if shown else [])])

        found |= dict(zip(group, _unlike(group, written, DIGITS), strict=True))
    return [found[text] for text in texts]


def _unlike(
    texts: Sequence[str], written: Callable[[Read, list[str], int], str], digits: Sequence[int]
) -> list[str]:
    """Return the names with as few digits as keep different methods apart."""
    keys = told(texts)
    names: list[str] = []
    for count in digits:
        names = [written(read(text), own, count) for text, own in zip(texts, keys, strict=True)]
        if len(set(names)) == len(set(texts)):
            break
    return names


def said(key: str, value: str, digits: int = 3) -> str:
    """Return a key and its value in print: ρ = 0.5; a flag by its name alone."""
    if value == "true":
        return "Nesterov" if key == "nesterov" else key
    return f"{GREEK.get(key, key)} = {_each(value, lambda number: words.number(number, digits))}"


def plainly(key: str, value: str, digits: int = 6) -> str:
    """Return a key and its value for a terminal: ρ=0.5; a flag by its name alone."""
    if value == "true":
        return "Nesterov" if key == "nesterov" else key
    return f"{GREEK.get(key, key)}={_short(value, digits)}"


def _short(value: str, digits: int) -> str:
    return _each(value, lambda number: f"{number:.{digits}g}")


def _each(value: str, shown: Callable[[float], str]) -> str:
    """Return a number as ``shown``, of one value per trajectory the first and the last; words as they are."""
    try:
        numbers = [float(piece) for piece in value.split("|")]
    except ValueError:
        return value
    return shown(numbers[0]) if len(numbers) == 1 else f"{shown(numbers[0])} … {shown(numbers[-1])}"


def same(texts: Sequence[str]) -> str:
    """Return in print what all methods share, and dt as a part of eta: η = 10⁻⁴, batch = 1, dt = η/10."""
    found = shared(texts)
    shown = [said(key, found[key]) for key in sorted(found, key=lambda key: key != "eta")]
    return ", ".join([*shown, *ticking(texts)])


def ticking(texts: Sequence[str]) -> list[str]:
    """Return ["dt = η/10"] where all faces have so many ticks in a step of their map, else []."""
    ticks = {m.ticks for m in map(read, texts) if "dt" in m.keys}
    count = ticks.pop() if len(ticks) == 1 else ""
    return ["dt = η" if count == "1" else f"dt = η/{count}"] if count.isdigit() else []

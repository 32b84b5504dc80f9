"""``landscape critical`` as a question: from its specification to stabilities, thresholds, diagrams, tables, figure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from saddlescape import starts
from saddlescape.commands.asking import Asked, Desk, Stopped, scene_options
from saddlescape.errors import UsageError
from saddlescape.specs.critical import CriticalSpec

if TYPE_CHECKING:
    from saddlescape.answers.stability import Stability
    from saddlescape.answers.threshold import Threshold
    from saddlescape.dynamics.method import Method


@dataclass(frozen=True, eq=False)
class CriticalAsked(Asked):
    """The critical points of a landscape, and the resolved ``each`` of the methods asked about."""

    each: tuple[Method, ...]

    written = CriticalSpec
    example = "landscape critical beale --opt sam"
    drawing = "saddlescape.plots.stability_page"

    @classmethod
    def of(cls, spec: CriticalSpec) -> Self:
        """Return what ``spec`` stands for; its own specification says all of it. Raises UsageError in words."""
        from saddlescape.commands.plan import find_landscape, read_methods

        scene = find_landscape(spec)
        swept = read_methods(spec.methods, scene)
        methods = tuple(one for m in swept for one in m.expand())
        named = scene.name != scene.formula
        whole = replace(
            spec,
            landscape=scene.name if named else scene.formula,
            methods=tuple(m.text for m in methods),
            params=dict(scene.params),
            variables=() if named else scene.coordinates,
            domain=scene.domain,
            x0=tuple(map(starts.embed, spec.x0)),
        )
        asked = cls(whole, scene, spec, methods)
        varied = (*(asked._axes() if spec.diagram else ()), *([spec.threshold] if spec.threshold else ()))
        for key in (text.partition("=")[0].strip() for text in varied):
            if asked._is_swept(key):
                said = "varied by --threshold or --diagram, and swept by --opt as well"
                raise UsageError(f"{key} is {said}: leave one of them out")
        return asked

    @property
    def stem(self) -> str:
        """<landscape>-<methods>-critical, or -diagram."""
        from saddlescape.commands import outputs

        heads = dict.fromkeys(m.text.partition(":")[0] for m in self.each)
        last = "diagram" if self.spec.diagram else "critical"
        return "-".join([outputs.landscape_name(self.spec.landscape), *heads, last])

    @property
    def methods(self) -> Sequence[str]:
        """The texts of the methods, one answer each."""
        return [m.text for m in self.each]

    def found(self, desk: Desk) -> list[Stability]:
        """Return the stability under every method, with the thresholds and the diagram that are asked for."""
        from saddlescape.analysis.stability import stability

        try:
            return [
                replace(
                    stability(self.landscape, m),
                    thresholds=tuple(self._thresholds(m)),
                    diagram=self._diagram(m),
                )
                for m in self.each
            ]
        except KeyboardInterrupt:
            raise Stopped(
                "interrupted: what was found of single points is remembered"
                + (", a diagram is begun anew" if self.spec.diagram else "")
            ) from None

    @property
    def _start(self) -> Any:
        """The one start that is asked about, None for critical points."""
        if not self.spec.x0:
            return None
        x0 = starts.expand(self.spec.x0, self.landscape.view)
        if len(x0) != 1:
            raise UsageError(f"a threshold or diagram is about one start, and x0 has {len(x0)}")
        return x0[0]

    def _thresholds(self, method: Method) -> list[Threshold]:
        """Return the thresholds that --threshold asks for, at one point, at all, or of a start."""
        from saddlescape.analysis.threshold import threshold

        if self.spec.threshold is None:
            return []
        key, between = _bracket(self.spec.threshold)
        if (start := self._start) is not None:
            return [
                threshold(
                    self.landscape,
                    method,
                    key,
                    of="fate",
                    start=start,
                    between=between,
                    steps=self.spec.steps,
                )
            ]
        ids = [p.id for p in self.landscape.critical_points] if self.spec.point is None else [self.spec.point]
        found, refused = [], None
        for k in ids:
            try:
                found.append(threshold(self.landscape, method, key, point=k, between=between))
            except UsageError as error:  # of all points, some have no formula that says where to look
                if len(ids) == 1 or "between" not in str(error):
                    raise
                refused = error
        if refused and not found:
            raise refused
        return found

    def _axes(self) -> tuple[str, str]:
        pieces = [piece.strip() for piece in self.spec.diagram.split(",") if piece.strip()]
        if len(pieces) != 2:
            said = f"'{self.spec.diagram:.60}'"
            raise UsageError(
                f"a diagram has two axes, rho=0.01..1/41,eta=0.01..1/41 (from..to/how many), not {said}"
            )
        return pieces[0], pieces[1]

    def _diagram(self, method: Method) -> Any:
        """Return the diagram that --diagram asks for, None where it does not."""
        from saddlescape.analysis.ball import point_of
        from saddlescape.analysis.phase import phase_diagram

        if self.spec.diagram is None:
            return None
        x, y = self._axes()
        if (start := self._start) is not None:
            return phase_diagram(self.landscape, method, x, y, of="fate", start=start, steps=self.spec.steps)
        point, points = self.spec.point, self.landscape.critical_points
        if point is None and points:
            alone = any(p.samples is None for p in points)
            point = (point_of(self.landscape, None) if alone else points[0]).id
        return phase_diagram(self.landscape, method, x, y, point=point)

    def table(self, found: Sequence[Stability], room: int) -> str:
        """Return the tables of the critical points, and of what each method does at them."""
        from saddlescape import layout, report
        from saddlescape.commands import critical

        parts = [critical.points_table(self.landscape, room), critical.winding_line(self.landscape, room)]
        for each, name in zip(found, report.label(self.each), strict=True):
            parts.append("\n" + layout.wrapped(f"{name}   {each.method}", room, 0))
            parts.append(critical.behaviour_table(each, room))
            parts += [line for line in (critical.more_said(each, room),) if line]
        return "\n".join(parts)

    def figure(self, found: Sequence[Stability]) -> Any:
        """Return the figure: the landscape with the multipliers of each method, or its diagrams."""
        from saddlescape import plots
        from saddlescape.dynamics.words import background

        if self.spec.diagram is not None:
            return plots.phase_figure([each.diagram for each in found if each.diagram], style=self.spec.style)
        return plots.critical_figure(list(found), background(self.landscape), style=self.spec.style)

    def to_json(self, found: Sequence[Stability]) -> dict[str, Any]:
        """Return the object of schema landscape.critical/1."""
        from saddlescape import report

        scene = self.landscape
        return {
            "critical_points": [report.point_json(p) for p in scene.critical_points],
            "winding": scene.winding,
            "note": scene.census.get("note") or "",
            "methods": [each.to_json() for each in found],
        }

    def suggestions(self) -> list[str]:
        """Return the command a person may want next: with a method, then its thresholds."""
        source = ["landscape", "critical", self.asked.landscape]
        more = scene_options(self.asked)
        if not self.each:
            return [shlex.join([*source, "--opt", "sam", *more])]
        said = self.spec.threshold or self.spec.diagram or any(m.perturbation.normalised for m in self.each)
        if said or all(p.kind != "minimum" for p in self.landscape.critical_points):
            return []
        opts = [part for text in self.asked.methods for part in ("--opt", text)]
        return [shlex.join([*source, *opts, *more, "--threshold", key]) for key in self._known()[:1]]

    def _known(self) -> list[str]:
        """Return the numbers whose thresholds formulas know under every method: of a flow no eta is one."""
        from saddlescape.analysis.threshold import is_known

        return [
            key
            for key in ("rho", "eta")
            if not self._is_swept(key) and all(is_known(self.landscape, m, key) for m in self.each)
        ]

    def _is_swept(self, key: str) -> bool:
        """Whether a method asked about has several values of ``key``, so that it cannot be looked for as well."""
        from saddlescape.commands.plan import read_methods

        return any(
            isinstance(m.numbers.get(key), tuple) for m in read_methods(self.asked.methods, self.landscape)
        )


def _bracket(text: str) -> tuple[str, tuple[float, float] | None]:
    """Return the number and where to look of "rho" or "rho=0.01..1"."""
    key, equals, span = (piece.strip() for piece in text.partition("="))
    if not equals:
        return key, None
    low, _, high = span.partition("..")
    try:
        return key, (float(low), float(high))
    except ValueError:
        raise UsageError(
            f"a threshold is looked for as rho or rho=0.01..1 (from..to), not '{text:.60}'"
        ) from None

"""``landscape flow`` as a question: from its specification to the fields, the table and the figure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from saddlescape.commands.asking import Asked, Desk, each_method, scene_options
from saddlescape.specs.flow import FlowSpec

if TYPE_CHECKING:
    from saddlescape.answers.field import Field
    from saddlescape.dynamics.method import Method

VERDICTS = {
    "neutral": "undecided",
    "drifts": "is no rest point",
    "unknown": "not known",
    "saddle": "saddle of the field",
}


@dataclass(frozen=True, eq=False)
class FlowAsked(Asked):
    """The fields of several methods, whose resolved ``each`` they are."""

    each: tuple[Method, ...]

    written = FlowSpec
    example = "landscape flow beale --opt sam@flow"
    drawing = "saddlescape.plots.flow_page"

    @classmethod
    def of(cls, spec: FlowSpec) -> Self:
        """Return what ``spec`` stands for; its own specification says all of it. Raises UsageError in words."""
        from saddlescape.analysis.field import drawable
        from saddlescape.commands.plan import find_landscape, read_methods

        scene = find_landscape(spec)
        drawable(scene, spec.resolution)
        every_one = [one for m in read_methods(spec.methods, scene) for one in m.expand()]
        methods = tuple({m.text: m for m in every_one}.values())
        named = scene.name != scene.formula
        whole = replace(
            spec,
            landscape=scene.name if named else scene.formula,
            methods=tuple(m.text for m in methods),
            params=dict(scene.params),
            variables=() if named else scene.coordinates,
            domain=scene.domain,
            view=scene.view,
        )
        return cls(whole, scene, spec, methods)

    @property
    def methods(self) -> Sequence[str]:
        """The texts of the methods, one answer each."""
        return [m.text for m in self.each]

    @property
    def labels(self) -> list[str]:
        """What the methods are called in a terminal."""
        from saddlescape import report

        return report.label(self.each)

    @property
    def stem(self) -> str:
        """<landscape>-<methods>-field."""
        from saddlescape.commands import outputs

        heads = dict.fromkeys(text.partition(":")[0] for text in self.methods)
        return f"{outputs.landscape_name(self.spec.landscape)}-{'-'.join(heads)[:80]}-field"

    def found(self, desk: Desk) -> Sequence[Field]:
        """Return one field per method."""
        from saddlescape.analysis.field import flow_field

        def work(k: int, progress: Any, resume: Any) -> Field:
            spec = self.spec
            return flow_field(
                self.landscape, self.each[k], resolution=spec.resolution, separatrices=spec.separatrices,
                unstable=spec.unstable,
            )  # fmt: skip

        return each_method(self.labels, work, desk)

    def table(self, found: Sequence[Field], room: int) -> str:
        """Return, per method, what it does at every critical and rest point, and where separatrices come from."""
        from saddlescape import layout

        lines = []
        for label, one in zip(self.labels, found, strict=True):
            about = f"{one.what}{' at v = 0' * one.v}, {one.speeds_in_words()}"
            lines.append("\n" + layout.wrapped(f"{label}   {about}", room, 0))
            rows = [*self._points(one), *self._rests(one)]
            if rows:
                head = ("", "at", "verdict", "separatrices come from")
                last = len(head) if any(row[-1] for row in rows) else -1
                lines.append(
                    layout.table(
                        head[:last],
                        [row[:last] for row in rows],
                        room,
                        words_in=3 if last > 0 else None,
                        left=3,
                    )
                )
            lines += [layout.wrapped(one.note, room)] if one.note else []
        return "\n".join(lines)

    def _points(self, one: Field) -> Iterator[tuple[str, ...]]:
        from saddlescape import layout

        for p in self.landscape.critical_points:
            verdict = one.verdict(p.id)
            yield p.kind, layout.place(p.x), VERDICTS.get(verdict, verdict), one.ways(p.id)

    def _rests(self, one: Field) -> Iterator[tuple[str, ...]]:
        from saddlescape import layout

        for each in one.rests:
            yield (
                "rest point",
                layout.place(each.x),
                VERDICTS.get(each.verdict, each.verdict),
                one.ways(-1, each.x),
            )

    def figure(self, found: Sequence[Field]) -> Any:
        """Return the figure of all fields."""
        from saddlescape import plots

        spec = self.spec
        return plots.flow_figure(found, kind=spec.draw, nullclines=spec.nullclines, style=spec.style)

    def to_json(self, found: Sequence[Field]) -> dict[str, Any]:
        """Return the object of schema landscape.flow/1."""
        from saddlescape import report

        points = [report.point_json(p) for p in self.landscape.critical_points]
        return {
            "dimension": self.landscape.dim,
            "runs": [each.to_json() for each in found],
            "critical_points": points,
        }

    def suggestions(self) -> list[str]:
        """Return the commands a person may want next: SAM's flow beside GD's, or the paths of these methods."""
        source = [self.asked.landscape, *scene_options(self.asked)]
        opts = [part for text in self.asked.methods for part in ("--opt", text)]
        found = [["run", *source, *opts]]
        if all(m.name == "gd" for m in self.each):
            found.insert(0, ["flow", *source, "--opt", "gd@flow", "--opt", "sam@flow"])
        return [shlex.join(["landscape", *words]) for words in found]

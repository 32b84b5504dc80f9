"""QuestionSpec: what the questions asked of several methods have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from saddlescape import values
from saddlescape.specs.run import common, methods_of, over
from saddlescape.values import Window
from saddlescape.written import NOTHING, SCENE_CHECKS, SceneSpec

#: the methods of a question that names none
DEFAULT = ("gd",)


@dataclass(frozen=True, kw_only=True)
class QuestionSpec(SceneSpec):
    """A question about ``methods`` (method texts) on a landscape, looked at in ``view`` ((lo, hi), …).

    A subclass adds its fields, names the options whose value is one text in ``plain`` (field -> option) and those that
    are flags in ``flags``, and says what checks its own fields.
    """

    methods: tuple[str, ...] = DEFAULT
    view: Window | None = None

    plain: ClassVar[Mapping[str, str]] = {key: f"--{key}" for key in ("domain", "view", "seed", "style")}
    flags: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_arguments(cls, options: Mapping[str, Any], base: Mapping[str, Any] = NOTHING) -> Self:
        """Return the specification of parsed options (name -> text, None where not given), over the fields ``base``."""
        given = common(options, cls.plain, base.get("params", {}))
        given |= {key: options[key] for key in cls.flags if options.get(key) is not None}
        given["methods"] = methods_of(options, base.get("methods", DEFAULT))
        return cls.from_dict(over(base, given))


QUESTION_CHECKS: dict[str, values.Check] = {
    **SCENE_CHECKS,
    "methods": values.methods,
    "view": values.window,
}

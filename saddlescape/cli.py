"""``landscape``: the application, and how errors and interruptions end it."""

from __future__ import annotations

import gc
import os
import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer
from typer.main import get_command

from saddlescape import __version__
from saddlescape.commands import (
    basins,
    critical,
    doctor,
    escape,
    faces,
    flow,
    gallery,
    listing,
    rerun,
    run,
    tipping,
)
from saddlescape.commands.arguments import Command, Group
from saddlescape.commands.asking import Stopped
from saddlescape.commands.console import width
from saddlescape.errors import SaddlescapeError

#: exit codes beside 0: failed, wrong usage, --check found a difference (3, rerun.py), interrupted
FAILED, USAGE, INTERRUPTED = 1, 2, 130
HELP = """Simulate and draw optimisers (GD, SAM and its family) on toy loss landscapes.

\b
  landscape run beale --opt sam             GD descends, SAM stays at a saddle
  landscape run "x^2 - a*y^2" -p a=2        a formula of your own
  landscape flow beale --opt sam@flow       where it leads, what parts it
  landscape faces beale --opt sam:batch=1   how near its SDEs are to the map
  landscape escape saddle --opt sam:batch=1 how soon its runs leave the saddle
  landscape basins himmelblau --opt sam     where it ends, from every start
  landscape tipping saddle --opt sam:rho=0..2/5   from which rho on elsewhere
  landscape list                            landscapes, methods and figures
  landscape gallery                         every figure, and a page of them
"""

app = typer.Typer(
    name="landscape",
    cls=Group,
    help=HELP,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"saddlescape {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Print the help where no command is given."""
    if context.invoked_subcommand is None:
        print(context.get_help())


app.command("run", cls=Command)(run.run)
app.command("faces", cls=Command)(faces.faces)
app.command("flow", cls=Command)(flow.flow)
app.command("escape", cls=Command)(escape.escape)
app.command("basins", cls=Command)(basins.basins)
app.command("tipping", cls=Command)(tipping.tipping)
app.command("list", cls=Command)(listing.list_names)
app.command("show", cls=Command)(listing.show)
app.command("critical", cls=Command)(critical.critical)
app.command("rerun", cls=Command)(rerun.rerun)
app.command("gallery", cls=Command)(gallery.gallery)
app.command("doctor", cls=Command)(doctor.doctor)


def main() -> None:
    """Run the command line and exit with its code."""
    gc.set_threshold(
        100_000, 50, 100
    )  # a short process makes little garbage: a tenth of a run's time went into looking
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        with suppress(AttributeError, ValueError):
            getattr(sys, name).reconfigure(errors="replace")  # a terminal without ρ gets ?
    code = invoke(sys.argv[1:])
    gc.freeze()  # nor is all that was imported searched once more at the end: another tenth
    sys.exit(code)


def invoke(arguments: Sequence[str]) -> int:
    """Run ``landscape`` with ``arguments`` and return the exit code; a person's mistake is said without traceback."""
    out = sys.stdout
    try:
        code = get_command(app).main(args=list(arguments), prog_name="landscape", standalone_mode=False)
        sys.stdout.flush()
    except SaddlescapeError as error:
        return _say(f"error: {error}", error.exit_code)
    except Stopped as stop:
        return _say(str(stop), INTERRUPTED)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _close_stdout()
        return 0
    except (
        SystemExit
    ) as left:  # click's way out where the reader of a pipe has gone; it has wrapped stdout then
        return 0 if sys.stdout is not out else int(left.code or 0)
    except OSError as error:
        return _say(f"error: {error.strerror or error}", FAILED)
    except MemoryError:
        return _say("error: not enough memory: fewer starts, or keep fewer steps (--every)", FAILED)
    except Exception as error:
        if not hasattr(error, "format_message"):  # of click, or of the copy typer brings with it
            raise
        return _say(f"error: {_usage(error)}", USAGE)
    if code == INTERRUPTED:
        return _say("interrupted", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _say(message: str, code: int) -> int:
    with suppress(OSError):
        sys.stdout.flush()
        for line in message.splitlines():
            print(line if line.startswith("  ") else textwrap.fill(line, width(sys.stderr)), file=sys.stderr)
    return code


def _usage(error: Any) -> str:
    """Return what click says of wrong options, and where help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "landscape"
    return f"{str(error.format_message()).rstrip()}\n  {path} --help says what there is"


def _close_stdout() -> None:
    """Give what is still buffered to nobody, so that the interpreter's own flush finds no broken pipe."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

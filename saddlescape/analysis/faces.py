"""The faces of one algorithm side by side: how well its flows and SDEs follow its map, measured over repetitions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from saddlescape import store
from saddlescape.analysis.along import Gathered, bands, gathered, quantities
from saddlescape.analysis.cells import Cell, Job, Meter, Test, planned
from saddlescape.analysis.pieces import Piece, Pieces
from saddlescape.analysis.weak import distance, observables, order
from saddlescape.answers.faces import PHI, Band, FaceComparison
from saddlescape.dynamics import words
from saddlescape.dynamics.method import Method
from saddlescape.dynamics.simulate import simulate
from saddlescape.errors import StepWarning
from saddlescape.landscapes.base import Landscape
from saddlescape.partial import Partial, PartialPieces
from saddlescape.results import Array

#: entries of the Hessians along one chunk of repetitions
CHUNK = 1_000_000
Course = tuple[Array, Array, dict[str, Band]]
"""The recorded times, how many repetitions are finite there, and the traces."""


def compare_faces(
    landscape: Landscape,
    method: Method | str,
    faces: Sequence[str] | None = None,
    x0: Any = None,
    *,
    time: float | None = None,
    steps: int | None = None,
    runs: int = 10_000,
    etas: Any = None,
    rhos: Any = None,
    seed: int = 0,
    threads: int | None = None,
    records: int = 101,
    test: Landscape | Test | None = None,
    progress: Callable[[int, int], None] | None = None,
    resume: PartialPieces | None = None,
) -> FaceComparison:
    """Run ``method``, a map, and its ``faces`` from one start and measure how far apart they are.

    faces : names of faces (flow, flow2, flow3, sde2, sde3), each with keys of its own where wanted, as in
        "sde3:drift=mod,dt=1e-4". By default sde2 and sde3, of a method without noise flow2 and flow3.
    x0 : (d,), the start of all repetitions; the landscape's own by default.
    time, steps : how long, as time t = k·eta or in steps of the method's own eta; the landscape's steps by default.
        Where an eta does not divide it, the nearest time that all etas divide, up to a quarter away, with a StepWarning.
    runs : repetitions, ≥ 2, each with its own stream of random numbers; what is not random runs once.
    etas, rhos : where errors are measured, all to one time; by default the method's own. A number that ``method`` names
        is one of them, listed or not; one it leaves open is the listed value nearest to the landscape's. Every pair has
        random numbers of its own, so that its errors are independent of the others'.
    records : about how many times the traces are kept at, ≥ 2; traces are those of the method's own eta and rho.
    test : a landscape of held-out samples, or a function loss(x) of points (…, d), for the trace test_loss.
    progress : called as progress(done, total) in trajectory-ticks, from the calling thread.

    Repetition i of a face goes with repetition i of the map: where the face sees the map's own normals (sigma with
    ascent=full, or with gd) their difference has far less scatter. Raises UsageError for what cannot be compared;
    Interrupted on Ctrl-C, whose ``partial`` is to be given back as ``resume``.
    """
    job = planned(
        landscape, method, faces, x0, time=time, steps=steps, runs=runs, etas=etas, rhos=rhos, seed=seed,
        threads=threads, records=records, test=test, progress=progress,
    )  # fmt: skip
    if job.moved:
        warnings.warn(job.moved, StepWarning, stacklevel=2)
    return measured(job, resume)


def measured(job: Job, resume: PartialPieces | None = None) -> FaceComparison:
    """Run all cells and put the result together."""
    own, scene, etas, table, central = job.method, job.landscape, job.etas, job.cells, job.central
    shape = (len(job.faces), len(etas), len(job.rhos))
    found = {name: {phi: np.full(shape, np.nan) for phi in PHI} for name in ("errors", "se", "floor", "size")}
    lost = np.zeros((1 + shape[0], *shape[1:]), dtype=int)
    course = None
    pieces = Pieces(
        store.digest(repr((_spec(job), etas, job.rhos, scene.identity[:6]))), resume, job.progress
    )
    meter = Meter(pieces.tell, sum(each.work(job.runs) for row in table for each in row))
    with pieces.going_on():
        for e, r in np.ndindex(*shape[1:]):
            each, first = table[e][r], (e * shape[2] + r) * job.runs
            ends, seen = _run(job, each, first, job.own(etas[e], job.rhos[r]), meter, pieces)
            course = seen or course
            lost[:, e, r] = [np.sum(~np.isfinite(end["loss"])) for end in ends]
            for i, phi in np.ndindex(shape[0], len(PHI)):
                name = tuple(PHI)[phi]
                for key, value in zip(found, distance(ends[0][name], ends[1 + i][name]), strict=True):
                    found[key][name][i, e, r] = value
    assert course is not None
    sizes = {phi: value[0] for phi, value in found.pop("size").items()}
    return FaceComparison(
        spec=_spec(job), faces=job.faces, methods=tuple(m.text for m in central.methods),
        formulas=tuple(words.formula(m) for m in central.methods), latex=scene.latex(), etas=np.array(etas),
        rhos=np.array(job.rhos), steps=np.array([row[0].steps for row in table]), time=job.span, runs=job.runs,
        coupled=own.random and own.parts(scene.dim, scene.n_samples).law.additive, size=sizes,
        slopes=_orders(np.array(etas), found), diverged=lost, t=course[0], alive=course[1], traces=course[2],
        errors=found["errors"], se=found["se"], floor=found["floor"],
    )  # fmt: skip


def _run(
    job: Job, each: Cell, first: int, trace: bool, meter: Meter, pieces: Pieces
) -> tuple[list[dict[str, Array]], Course | None]:
    """Run map and faces of a cell; return φ of all paths at the end and, if asked for, the traces.

    ``first`` is the first of the streams of random numbers.
    """
    ends, rows, t = [], [], np.empty(0)
    every = max(1, -(-each.steps // (job.records - 1))) if trace else each.steps
    size = max(1, CHUNK // ((2 + each.steps // every) * job.landscape.dim**2))
    for k, method in enumerate(each.methods):
        n = job.runs if method.random else 1
        row, last = dict[str, Gathered](), []
        for a in range(0, n, size):
            chunk = range(a, min(a + size, n))
            piece = pieces.next(partial(_chunk, job, each, k, every, chunk, first, trace, meter))
            meter.past(len(chunk) * each.steps * each.ticks[k])
            last.append(piece["final"])
            t = t if k else piece["t"]
            for name, part in _by_name(piece).items():
                row.setdefault(name, Gathered()).join(part)
        rows.append(row)
        final = np.concatenate(last)
        ends.append(observables(final, job.landscape.loss(final)))
    if not trace:
        return ends, None
    counts = np.stack([np.broadcast_to(row["loss"].count, t.shape) for row in rows])
    return ends, (t, counts, bands(list(rows)))


def _chunk(
    job: Job, each: Cell, k: int, every: int, chunk: range, first: int, trace: bool, meter: Meter, resume: Partial | None
) -> Piece:  # fmt: skip
    """Run repetitions of method ``k`` of a cell; return their ends, and what is gathered of each trace."""
    ticks, streams = each.ticks[k], first + np.arange(chunk.start, chunk.stop)
    made = simulate(
        job.landscape, each.methods[k], np.tile(job.x0, (len(chunk), 1)), each.steps * ticks, every=every * ticks,
        seed=job.seed, threads=job.threads, streams=streams, memory=np.inf, progress=meter, resume=resume,
    )  # fmt: skip
    traces = quantities(job.landscape, each.methods[0], job.test, made.x) if trace else {}
    parts = {name: gathered(values, chunk.start) for name, values in traces.items()}
    flat = {f"{name}.{key}": value for name, part in parts.items() for key, value in part.items()}
    return {"final": made.final, "t": made.t, **flat}


def _by_name(piece: Piece) -> dict[str, dict[str, Array]]:
    """Return what is gathered of each trace: "loss.mean" of a piece is ["loss"]["mean"]."""
    found = dict[str, dict[str, Array]]()
    for key, value in piece.items():
        name, dot, part = key.partition(".")
        if dot:
            found.setdefault(name, {})[part] = value
    return found


def _orders(etas: Array, found: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
    """Return the exponents of eta with their intervals, (faces, R, 3) for every φ."""
    slopes = {}
    for phi, errors in found["errors"].items():
        columns = [np.moveaxis(part[phi], 1, -1) for part in (found["errors"], found["se"], found["floor"])]
        slopes[phi] = np.array(
            [
                [order(etas, *(c[i, r] for c in columns)) for r in range(errors.shape[2])]
                for i in range(len(errors))
            ]
        )
    return slopes


def _spec(job: Job) -> dict[str, Any]:
    scene, test = job.landscape, job.held_out
    return {
        "landscape": scene.name, "title": scene.title, "formula": scene.formula, "params": dict(scene.params),
        "coordinates": list(scene.coordinates), "method": job.method.text, "faces": list(job.faces),
        "x0": job.x0.tolist(), "time": job.span, "runs": job.runs, "seed": job.seed, "records": job.records,
        "test": None if test is None else getattr(test, "name", getattr(test, "__name__", "function")),
    }  # fmt: skip

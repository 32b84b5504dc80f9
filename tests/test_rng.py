"""Random numbers in kernels: the words of Random123, normals by Box and Muller, alike compiled and as plain Python."""

from __future__ import annotations

import itertools
import platform
import re
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from saddlescape.dynamics import kernels, link

Array = NDArray[np.float64]
SEED = (0x9ABCDEF0, 0x12345678)
M32 = 2**32 - 1
BLOCKS, TICKS = 8, 4900  # × 64 lanes × 4: ten million numbers

#: draws as a kernel makes them: 64 streams side by side
LOOPS = """
@outer
def normals(out, first, tag, slot, seed_lo, seed_hi):
    widen()
    w = tile()
    for block in range(out.shape[0]):
        for tick in range(out.shape[1]):
            for i in range(LANES):
                a, b, c, d = normals4(first + block * LANES + i, tick, tag, slot, seed_lo, seed_hi)
                w[0, i] = a
                w[1, i] = b
                w[2, i] = c
                w[3, i] = d
            for row in range(4):
                for i in range(LANES):
                    out[block, tick, row, i] = w[row, i]


@outer
def words(out, first, tag, slot, seed_lo, seed_hi):
    widen()
    for block in range(out.shape[0]):
        for tick in range(out.shape[1]):
            for i in range(LANES):
                a, b, c, d = words4(first + block * LANES + i, tick, tag, slot, seed_lo, seed_hi)
                out[block, tick, 0, i] = a
                out[block, tick, 1, i] = b
                out[block, tick, 2, i] = c
                out[block, tick, 3, i] = d


@outer
def made(u, v, out):
    widen()
    for i in range(len(u)):
        r = _radius(uniform(_word(u[i])))
        a, b = _cos_sin(_word(v[i]))
        out[i, 0], out[i, 1] = r * a, r * b
"""


def source(fast: bool = False) -> str:
    """Return the text of a small kernel that does nothing but draw."""
    flags = '{"contract", "nsz", "arcp"}' if fast else "False"
    header = f"FAST = {flags}\nLANES, TILE, BOX = 64, 4, 1"
    return "\n\n\n".join([header, link.verbatim("prelude.py"), link.verbatim("rng.py"), LOOPS])


def engine(text: str, names: dict[str, Any]) -> SimpleNamespace:
    """Return what the text defines when it is run with these names."""
    space: dict[str, Any] = {"__name__": "drawing", **names}
    exec(compile(text, "<drawing>", "exec"), space)
    return SimpleNamespace(**space)


@pytest.fixture(scope="module")
def plain() -> SimpleNamespace:
    """Everything as plain Python."""

    def tile() -> Any:
        own: Any = np.empty((4, 64))
        return memoryview(own)

    own = {"outer": lambda function: function, "tile": tile}
    return engine(source(), {**kernels.PLAIN_NAMES, "PLAIN": True, **own})


@pytest.fixture(scope="module")
def compiled() -> SimpleNamespace:
    """Everything through numba, freshly compiled."""
    from numba import njit

    return engine(source(), {"outer": njit(error_model="numpy")})


def drawn(space: SimpleNamespace, ticks: int, *, blocks: int = 1, first: float = 0, **where: int) -> Array:
    """Return normals of 64 streams a block: (4, streams, ticks)."""
    out = np.empty((blocks, ticks, 4, 64))
    place = {"tag": 1, "slot": 0, "seed_lo": SEED[0], "seed_hi": SEED[1], **where}
    space.normals(out, first, place["tag"], place["slot"], place["seed_lo"], place["seed_hi"])
    return out.transpose(2, 0, 3, 1).reshape(4, blocks * 64, ticks)


@pytest.fixture(scope="module")
def many(compiled: SimpleNamespace) -> Array:
    """Ten million normals: (4, streams, ticks)."""
    return drawn(compiled, TICKS, blocks=BLOCKS)


# ---- words --------------------------------------------------------------------------------------------------------


def reference(c: list[int], k: list[int]) -> list[int]:
    """Return Philox4x32-10 as its paper has it, written apart from the one under test."""
    for i in range(10):
        hi0, lo0 = divmod(c[0] * 0xD2511F53, 1 << 32)
        hi1, lo1 = divmod(c[2] * 0xCD9E8D57, 1 << 32)
        key = [(k[0] + i * 0x9E3779B9) % (1 << 32), (k[1] + i * 0xBB67AE85) % (1 << 32)]
        c = [hi1 ^ c[1] ^ key[0], lo1, hi0 ^ c[3] ^ key[1], lo0]
    return c


KNOWN = {
    "zeros": ("00000000 " * 6, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    "ones": ("ffffffff " * 6, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    "pi": (
        "243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
}


@pytest.mark.parametrize(("given", "wanted"), KNOWN.values(), ids=KNOWN)
def test_the_known_answers_of_random123(given: str, wanted: str, plain: SimpleNamespace) -> None:
    answer = plain.philox(*(int(word, 16) for word in given.split()))
    assert [f"{word:08x}" for word in answer] == wanted.split()
    numbers = [int(word, 16) for word in given.split()]
    assert reference(numbers[:4], numbers[4:]) == list(answer)


def test_words_are_those_of_an_independent_philox_at_the_counter_of_the_draw(
    plain: SimpleNamespace, compiled: SimpleNamespace
) -> None:
    random = np.random.default_rng(1)
    for _ in range(300):
        stream, tick, tag, slot = (
            int(random.integers(0, 2 ** random.integers(1, n))) for n in (53, 49, 17, 9)
        )
        lo, hi = (int(word) for word in random.integers(0, 1 << 32, 2))
        c = [tick & M32, (tick >> 32) | (tag << 16), stream & M32, (stream >> 32) | (slot << 24)]
        assert list(plain.words4(stream, tick, tag, slot, lo, hi)) == reference(c, [lo, hi])
    for place in ((0, 0, 0), (2**56 - 64, 2**16 - 1, 255), (2**32 - 30, 7, 3)):
        out = np.empty((1, 3, 4, 64), np.uint64)
        compiled.words(out, *place, *SEED)
        for tick, i in ((0, 0), (1, 40), (2, 63)):
            assert out[0, tick, :, i].tolist() == list(plain.words4(place[0] + i, tick, *place[1:], *SEED))


def test_no_two_draws_share_a_counter(plain: SimpleNamespace) -> None:
    """A permutation of counters is what Philox is for a given seed: other counters, other blocks of words."""

    def values(bits: int) -> list[int]:
        powers = {2**n + d for n in range(bits) for d in (-1, 0)} | {2**bits - 1}
        return sorted(value for value in powers if value >= 0)

    lattice = itertools.product(values(56)[::3], values(48)[::3], values(16), values(8))
    seen = [plain.counter(*draw) for draw in lattice]
    assert len(seen) > 200_000
    assert len(set(seen)) == len(seen)
    ends = [plain.counter(*draw) for draw in itertools.product(values(56), values(48), [0, 65535], [0, 255])]
    assert len(set(ends)) == len(ends)
    assert max(word for draw in (*seen, *ends) for word in draw) == M32


def test_uniforms_are_exact_and_inside_the_interval(plain: SimpleNamespace) -> None:
    for word in (0, 1, 2**31 - 1, 2**31, M32, *np.random.default_rng(2).integers(0, 1 << 32, 1000).tolist()):
        assert plain.uniform(word) == (word + 0.5) / 2**32
    assert 0.0 < plain.uniform(0) < plain.uniform(M32) < 1.0


def test_words_are_uniform_in_their_high_and_low_bits_and_in_pairs(compiled: SimpleNamespace) -> None:
    out = np.empty((BLOCKS, TICKS // 2, 4, 64), np.uint64)
    compiled.words(out, 0, 1, 0, *SEED)
    cells = [out >> 22, (out >> 11) & 1023, out & 1023]
    cells += [(out[:, :, a] >> 27) << 5 | out[:, :, b] >> 27 for a, b in itertools.combinations(range(4), 2)]
    chances = [stats.chisquare(np.bincount(cell.ravel(), minlength=1024)).pvalue for cell in cells]
    assert min(chances) > 1e-4
    assert max(chances) < 1 - 1e-4


# ---- normals: bits and accuracy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 2**40 + 5, 2.0**30])
def test_plain_and_compiled_draws_agree_in_every_bit(
    first: float, plain: SimpleNamespace, compiled: SimpleNamespace
) -> None:
    """Also where the number of the stream comes as a float, as it does from a row of a tile."""
    one, other = (drawn(space, 14, first=first, tag=3, slot=2) for space in (plain, compiled))
    assert one.size * 3 > 10_000
    assert np.array_equal(one.view(np.uint64), other.view(np.uint64))
    assert np.array_equal(one, drawn(plain, 14, first=int(first), tag=3, slot=2))


def edges() -> list[int]:
    """Return the words where something changes: the ends, the binades, the quarters and their halves, √½."""
    at = {0, M32, *(2**n for n in range(32)), *(n * 2**29 for n in range(8)), int(2**32 / 2**0.5)}
    return sorted({(word + d) & M32 for word in at for d in (-2, -1, 0, 1, 2)})


def check_accuracy(space: SimpleNamespace) -> None:
    """Compare normals of edges and random words with forty digits of the formula."""
    random = np.random.default_rng(3).integers(0, 1 << 32, (2, 3000))
    grid = np.array(list(itertools.product([0, 1, 2**31, M32 - 1, M32], edges()))).T
    other = np.array([edges(), edges()[::-1]])
    u, v = np.concatenate([random, grid, other], axis=1)
    out = np.empty((len(u), 2))
    space.made(u.astype(np.float64), v.astype(np.float64), out)
    with mpmath.workdps(40):
        for row, a, b in zip(out.tolist(), u.tolist(), v.tolist(), strict=True):
            radius = mpmath.sqrt(-2 * mpmath.log((a + mpmath.mpf(0.5)) / 2**32))
            turn = 2 * (b + mpmath.mpf(0.5)) / 2**32
            assert abs(row[0] - radius * mpmath.cospi(turn)) < 4e-15
            assert abs(row[1] - radius * mpmath.sinpi(turn)) < 4e-15


def test_normals_are_the_formula_to_a_few_units_in_the_fifteenth_place(compiled: SimpleNamespace) -> None:
    check_accuracy(compiled)


@pytest.mark.slow
def test_fast_normals_are_as_accurate() -> None:
    from numba import njit

    check_accuracy(engine(source(fast=True), {"outer": njit(error_model="numpy")}))


# ---- normals: statistics --------------------------------------------------------------------------------------------

#: how far a statistic may lie from what is expected, in standard errors; about a hundred are looked at
FAR = 4.5


def moments(z: Array) -> Array:
    """Return mean, variance, skewness and excess kurtosis, less what is expected, in their standard errors.

    ``z`` is (4, streams, ticks); the columns are the four numbers of a draw, then all of them together.
    """
    power, raw = z.copy(), []
    for _ in range(4):
        raw.append(power.mean(axis=(1, 2)))
        power *= z
    each = np.array(raw)
    m1, m2, m3, m4 = np.column_stack([each, each.mean(axis=1)])
    variance = m2 - m1**2
    skewness = (m3 - 3 * m1 * m2 + 2 * m1**3) / variance**1.5
    kurtosis = (m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4) / variance**2
    n = np.array([z[0].size] * 4 + [z.size])
    apart = (m1, (variance - 1) / 2**0.5, skewness / 6**0.5, (kurtosis - 3) / 24**0.5)
    return np.asarray(np.array(apart) * np.sqrt(n))


def check_tails(z: Array, reach: int) -> None:
    """Compare the counts beyond 3, 4, … with the binomial law, on each side."""
    for beyond in range(3, reach + 1):
        chance = stats.norm.sf(beyond)
        for count in (int((z > beyond).sum()), int((z < -beyond).sum())):
            assert stats.binomtest(count, z.size, chance).pvalue > 1e-4, (beyond, count, z.size * chance)


def test_ten_million_normals_are_normal(many: Array) -> None:
    assert np.abs(moments(many)).max() < FAR
    check_tails(many, 5)
    assert 1e-3 < stats.kstest(many.ravel(), "norm").pvalue < 1 - 1e-3


def correlations(a: Array, b: Array) -> list[float]:
    """Return those of numbers, of squares, and of each with the other's square, in standard errors."""
    s, t = (a * a - 1.0) / np.sqrt(2.0), (b * b - 1.0) / np.sqrt(2.0)
    return [float((x * y).mean() * np.sqrt(a.size)) for x, y in ((a, b), (s, t), (a, t), (s, b))]


def test_the_four_numbers_of_a_draw_are_not_correlated(many: Array) -> None:
    for a, b in itertools.combinations(range(4), 2):
        assert np.abs(correlations(many[a], many[b])).max() < FAR


def test_neighbours_in_ticks_and_in_streams_are_not_correlated(many: Array) -> None:
    for lag in (1, 2, 64):
        assert np.abs(correlations(many[:, :, lag:], many[:, :, :-lag])).max() < FAR
        assert np.abs(correlations(many[:, lag:], many[:, :-lag])).max() < FAR


@pytest.mark.parametrize("field", ["tag", "slot", "seed_lo", "seed_hi"])
def test_neighbours_in_every_other_field_are_not_correlated(field: str, compiled: SimpleNamespace) -> None:
    one, other = (drawn(compiled, 4000, **{field: value}) for value in (6, 7))
    assert np.abs(correlations(one, other)).max() < FAR


@pytest.mark.slow
def test_three_hundred_million_normals_are_normal(compiled: SimpleNamespace) -> None:
    chances, beyond, n = [], np.zeros(3), 0
    for seed in range(30):
        z = drawn(compiled, TICKS, blocks=BLOCKS, seed_lo=seed)
        chances.append(float(stats.kstest(z.ravel(), "norm").pvalue))
        assert np.abs(moments(z)).max() < FAR
        beyond += [(np.abs(z) > sigma).sum() for sigma in (4, 5, 6)]
        n += z.size
    assert stats.kstest(chances, "uniform").pvalue > 1e-3
    for count, sigma in zip(beyond, (4, 5, 6), strict=True):
        assert stats.binomtest(int(count), n, 2 * stats.norm.sf(sigma)).pvalue > 1e-4


# ---- instructions ---------------------------------------------------------------------------------------------------


def test_the_loop_over_lanes_is_packed(compiled: SimpleNamespace) -> None:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip(f"instructions of x86 are looked for; this is {platform.machine()}")
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features()
    if not features.get("avx2"):
        pytest.skip("this processor has no AVX2, so nothing is wide")
    drawn(compiled, 1)
    assembly = "\n".join(compiled.normals.inspect_asm().values())
    register = "zmm" if features.get("avx512f") else "ymm"
    for instruction in ("vpmuludq", "vmulpd", "vaddpd", "vdivpd", "vsqrtpd"):
        assert re.search(rf"{instruction}\s[^\n]*%{register}", assembly), f"no {instruction} with {register}"
    unwanted = r"\b(vpmullq|vmulsd|vsqrtsd|vdivsd|vfn?m(add|sub)\w+)\b"
    assert not re.search(unwanted, assembly), "one lane at a time, long products, or fused products"

"""Random numbers as pure functions of where they are used, copied word for word into kernels. Not run from here.

A draw depends on the seed and on (stream, tick, tag, slot) alone: not on what was drawn before, on blocks or on threads.
The words are those of Philox4x32-10 (Salmon et al. 2011, Random123). From words to normals there are only + − × ÷ √ and
bit patterns, no library of functions: plain and compiled give the same bits, and a loop over lanes vectorises.

Words are unsigned 64-bit integers below 2**32. ``_word``, ``_bits`` and ``_float_of_bits`` are of the prelude, or of
``kernels.PLAIN_NAMES`` when the same file is run as plain Python. Numba makes a float of an unsigned integer and a
literal, so every integer below has a name.
"""
# mypy: ignore-errors
# ruff: noqa: F821

LOW_32 = _word(0xFFFFFFFF)
LOW_52 = _word(0xFFFFFFFFFFFFF)
MULTIPLIER_0, MULTIPLIER_1 = _word(0xD2511F53), _word(0xCD9E8D57)
WEYL_0, WEYL_1 = _word(0x9E3779B9), _word(0xBB67AE85)
ONE_AND_HALF_STEP = _word(0x3FF0000000080000)  # the bits of 1 + 2**-33
ONE_AND_HALF_TURN_STEP = _word(0x3FF0000000200000)  # the bits of 1 + 2**-31
EXPONENT_OF_2_52 = _word(0x4330000000000000)
ROOT_HALF = _word(0x3FE6A09E667F3BCD)  # the bits of √½
ROOT_HALF_33_LOWER = _word(0x3DD6A09E667F3BCD)  # the bits of √½ · 2**-33
EIGHTH_TURN = _word(1 << 29)
QUARTER, HALF_TURN, NOTHING = _word(1 << 30), _word(1 << 31), _word(0)


@inline
def _round(c0, c1, c2, c3, k0, k1):
    """Return the counter after one round. Only the low 32 bits of what goes in count; more may come out.

    The masks stand where the products are: there a compiler sees 32 × 32 bits, which is one cheap instruction.
    """
    p0 = MULTIPLIER_0 * (c0 & LOW_32)
    p1 = MULTIPLIER_1 * (c2 & LOW_32)
    return (p1 >> 32) ^ c1 ^ k0, p1, (p0 >> 32) ^ c3 ^ k1, p0


@inline
def philox(c0, c1, c2, c3, k0, k1):
    """Return the four words of Philox4x32-10 for a counter of four words and a key of two."""
    for _ in range(10):
        c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
        k0 += WEYL_0
        k1 += WEYL_1
    return c0 & LOW_32, c1 & LOW_32, c2 & LOW_32, c3 & LOW_32


@inline
def counter(stream, tick, tag, slot):
    """Return the counter of a draw: no two draws share one.

    0 ≤ stream < 2**56, 0 ≤ tick < 2**48, 0 ≤ tag < 2**16, 0 ≤ slot < 2**8; any of them may come as a float.
    """
    stream, tick, tag, slot = _word(stream), _word(tick), _word(tag), _word(slot)
    return tick & LOW_32, (tick >> 32) | (tag << 16), stream & LOW_32, (stream >> 32) | (slot << 24)


@inline
def words4(stream, tick, tag, slot, seed_lo, seed_hi):
    """Return the four random words of a draw; the seed is given as its low and its high 32 bits."""
    c0, c1, c2, c3 = counter(stream, tick, tag, slot)
    return philox(c0, c1, c2, c3, _word(seed_lo), _word(seed_hi))


@inline
def uniform(word):
    """Return (word + ½) / 2**32, exactly: in (0, 1), symmetric about ½."""
    return _float_of_bits((word << 20) | ONE_AND_HALF_STEP) - 1.0


@inline
def _radius(u):
    """Return √(−2 log u) for 2**-33 ≤ u < 1.

    u = 2**k · m with √½ ≤ m < √2 by its bits, and log m = 2 artanh s with s = (m − 1)/(m + 1). The polynomial is
    −4 artanh(s)/s in s², to a relative 2e-18.
    """
    above = _bits(u) - ROOT_HALF_33_LOWER
    m = _float_of_bits((above & LOW_52) + ROOT_HALF)
    k = _float_of_bits((above >> 52) | EXPONENT_OF_2_52) - 4503599627370529.0  # 2**52 + 33
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = -0.3062836106978686 + z * -0.29589343453399714
    p = -0.36367118313935365 + z * p
    p = -0.4444439734860741 + z * p
    p = -0.5714285748277511 + z * p
    p = -0.7999999999883846 + z * p
    p = -1.3333333333333468 + z * p
    return sqrt(k * -1.3862943611198906 + s * (-4.0 + z * p))


@inline
def _cos_sin(word):
    """Return the cosine and sine of 2π (word + ½) / 2**32.

    The two bits of the nearest quarter turn say which of the two polynomials is which, and the signs; the rest, exact, is
    at most half a quarter. The polynomials are cos and sin of π/2 · v for |v| ≤ ½, to 7e-17 and a relative 1e-17.
    """
    turned = word + EIGHTH_TURN
    v = _float_of_bits(((turned << 22) & LOW_52) | ONE_AND_HALF_TURN_STEP) - 1.5
    z = v * v
    c = -2.5200192053601933e-05 + z * 4.655998871952159e-07
    c = 0.0009192599676593713 + z * c
    c = -0.020863480737561436 + z * c
    c = 0.2536695079000522 + z * c
    c = -1.233700550136157 + z * c
    c = 1.0 + z * c
    s = -3.5986493066153166e-06 + z * 5.6346704606200893e-08
    s = 0.00016044115258916916 + z * s
    s = -0.004681754132615107 + z * s
    s = 0.07969262624606266 + z * s
    s = -0.645964097506245 + z * s
    s = v * (1.5707963267948966 + z * s)
    odd = (turned & QUARTER) != NOTHING
    a, b = (s, c) if odd else (c, s)
    cosine = -a if ((turned + QUARTER) & HALF_TURN) != NOTHING else a
    sine = -b if (turned & HALF_TURN) != NOTHING else b
    return cosine, sine


@inline
def normals4(stream, tick, tag, slot, seed_lo, seed_hi):
    """Return four independent standard normals of a draw, by Box and Muller from its four words, two from two.

    They are √(−2 log u) · (cos, sin)(2πu') with u, u' = ``uniform`` of a word, to 4e-15, and reach as far as ±6.77.
    """
    w0, w1, w2, w3 = words4(stream, tick, tag, slot, seed_lo, seed_hi)
    r, s = _radius(uniform(w0)), _radius(uniform(w2))
    a, b = _cos_sin(w1)
    c, d = _cos_sin(w3)
    return r * a, r * b, s * c, s * d


@called
def word_rows(w, row, tick, tag, slot, lo, hi):
    """Put the words of a draw into four rows from ``row`` on: as a uniform, then, to wait, as the bits of a float."""
    widen()
    apart()
    w = shaped(w)
    for i in range(LANES):
        a, b, c, d = words4(w[STREAM, i], tick, tag, slot, lo, hi)
        w[row, i] = uniform(a)
        w[row + 1, i] = _float_of_bits(b)
        w[row + 2, i] = uniform(c)
        w[row + 3, i] = _float_of_bits(d)


@called
def normal_pair(w, row):
    """Turn a uniform and a word, in two rows, into two normals."""
    widen()
    apart()
    w = shaped(w)
    for i in range(LANES):
        r = _radius(w[row, i])
        a, b = _cos_sin(_bits(w[row + 1, i]))
        w[row, i] = r * a
        w[row + 1, i] = r * b


@inline
def normal_rows(w, row, count, tick, tag, slot, lo, hi):
    """Fill four rows from ``row`` on, of which the first ``count`` are wanted, with the normals of ``normals4``.

    Loop after loop: in one, the compiler runs out of registers, which costs a quarter of the time.
    """
    word_rows(w, row, tick, tag, slot, lo, hi)
    normal_pair(w, row)
    if count > 2:
        normal_pair(w, row + 2)

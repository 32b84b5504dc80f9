"""What every kernel begins with, copied word for word (see link.py): numba's decorators and helpers on vectors."""
# mypy: ignore-errors
# ruff: noqa: F821, F401

if "PLAIN" not in globals():  # kernels.plain sets PLAIN and these names, and runs the same file without numba
    from math import atan, cos, cosh, exp, log, nan, sin, sinh, sqrt, tan, tanh

    import numpy as np
    from numba import njit, types
    from numba.core import cgutils, imputils
    from numba.extending import intrinsic

    inline = njit(
        forceinline=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, fastmath=FAST
    )
    called = njit(  # what an inlined caller says would be inherited
        forceinline=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, fastmath=FAST
    )
    compiled = njit(
        "void(float64[:,:,::1], float64[:,:,:,::1], float64[:,:,::1], int64, int64, int64, int64, int64, int64, int64)",
        nogil=True, error_model="numpy", fastmath=FAST, cache=CACHE,
    )  # fmt: skip

    @intrinsic
    def widen(context):
        """Let this function, and no other, use 512-bit vectors where the processor has them."""

        def code(target, builder, signature, arguments):
            attributes = builder.function.attributes
            attributes._known = frozenset(attributes._known) | {'"prefer-vector-width"="512"'}
            attributes.add('"prefer-vector-width"="512"')
            return target.get_dummy_value()

        return types.void(), code

    @intrinsic
    def apart(context):
        """Keep this function a call: what is not inlined is optimised once."""

        def code(target, builder, signature, arguments):
            builder.function.attributes.add("noinline")
            return target.get_dummy_value()

        return types.void(), code

    @intrinsic
    def shaped(context, w):
        """The tile with a constant shape: otherwise rows may overlap, and loops over lanes are not vectorised."""

        def code(target, builder, signature, arguments):
            array = cgutils.create_struct_proxy(w)(target, builder, arguments[0])
            sizes = [target.get_constant(types.intp, n) for n in (TILE, LANES, 8 * LANES, 8)]
            array.shape, array.strides = (cgutils.pack_array(builder, two) for two in (sizes[:2], sizes[2:]))
            return imputils.impl_ret_borrowed(target, builder, w, array._getvalue())

        return w(w), code

    @inline
    def tile():
        return np.empty((TILE, LANES))

    @inline
    def tile_box():
        return np.empty((BOX, LANES))

    _word = np.uint64

    @inline
    def _bits(a):
        return np.float64(a).view(np.uint64)

    @inline
    def _float_of_bits(word):
        return np.uint64(word).view(np.float64)

    @inline
    def _power(a, b):
        return a**b

    @inline
    def _divide(a, b):
        return a / b


@inline
def recip(n):
    """1/n, and 0 for n = 0: what makes unit(0) = 0. A NaN stays one."""
    return 0.0 if n == 0.0 else 1.0 / n

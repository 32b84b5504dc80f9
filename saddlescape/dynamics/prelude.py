"""What every kernel begins with, copied word for word (see link.py): numba's decorators and helpers on vectors."""
# mypy: ignore-errors
# ruff: noqa: F821, F401

if "PLAIN" not in globals():  # kernels.plain sets PLAIN and these names, and runs the same file without numba
    from math import atan, cos, cosh, exp, log, nan, sin, sinh, sqrt, tan, tanh

    import numpy as np
    from llvmlite import ir
    from numba import njit, types
    from numba.core import cgutils, imputils
    from numba.extending import intrinsic

    OWN = (
        "gradient" in globals()
    )  # a user's function: it may allocate and raise, so that numba calls the kernel
    inline = njit(
        forceinline=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        _nrt=OWN,
        fastmath=FAST,
    )
    called = njit(  # what an inlined caller says would be inherited
        forceinline=False,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        _nrt=OWN,
        fastmath=FAST,
    )
    compiled = njit(
        "void(float64[:,:,::1], float64[:,:,:,::1], float64[:,:,::1], float64[::1],"
        "int64, int64, int64, int64, int64, int64, int64)",
        nogil=True, error_model="numpy", no_cpython_wrapper=not OWN, no_cfunc_wrapper=True, _nrt=OWN,
        fastmath=FAST,
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
    def seen(context, flag):
        """The first number of an array that another thread may write: read anew every time."""

        def code(target, builder, signature, arguments):
            array = cgutils.create_struct_proxy(flag)(target, builder, arguments[0])
            word = builder.bitcast(array.data, ir.IntType(64).as_pointer())
            return builder.bitcast(builder.load_atomic(word, "monotonic", 8), ir.DoubleType())

        return types.float64(flag), code

    @intrinsic
    def shaped(context, w):
        """The tile with a constant shape: otherwise rows may overlap, and loops over lanes are not vectorised."""

        def code(target, builder, signature, arguments):
            array = cgutils.create_struct_proxy(w)(target, builder, arguments[0])
            sizes = [target.get_constant(types.intp, n) for n in (TILE, LANES, 8 * LANES, 8)]
            array.shape, array.strides = (cgutils.pack_array(builder, two) for two in (sizes[:2], sizes[2:]))
            return imputils.impl_ret_borrowed(target, builder, w, array._getvalue())

        return w(w), code

    def on_stack(rows):
        """A function that returns an array of ``rows`` rows of lanes on its caller's stack: nothing else can be there."""

        @intrinsic
        def made(context):
            kind = types.Array(types.float64, 2, "C")

            def code(target, builder, signature, arguments):
                place = cgutils.alloca_once(builder, ir.ArrayType(ir.DoubleType(), rows * LANES))
                place.align = 64
                array = target.make_array(kind)(target, builder)
                sizes = [target.get_constant(types.intp, n) for n in (rows, LANES, 8 * LANES, 8)]
                array.data = builder.bitcast(place, array.data.type)
                array.shape, array.strides = (
                    cgutils.pack_array(builder, two) for two in (sizes[:2], sizes[2:])
                )
                array.itemsize, array.nitems = sizes[3], target.get_constant(types.intp, rows * LANES)
                array.meminfo, array.parent = (
                    cgutils.get_null_value(of.type) for of in (array.meminfo, array.parent)
                )
                return array._getvalue()

            return kind(), code

        return made

    tile, tile_box = on_stack(TILE), on_stack(BOX)

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

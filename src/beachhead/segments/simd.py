"""Instructions that the compiled loops need and Python cannot say: 64 codes compared at once, a code at an address.

LLVM makes what the processor has of a vector of 64 codes: AVX-512, AVX2 or NEON. Its builder has no types.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_WORD = ir.IntType(64)
_HALF_WORD = ir.IntType(32)


def _in_range(bits: int):
    """An intrinsic: bit by bit, which of the 64 codes of `bits` each at an address lie in [low, low + span]."""
    code = ir.IntType(bits)
    vector = ir.VectorType(code, 64)
    undefined = ir.Constant(vector, ir.Undefined)
    same_place = ir.Constant(ir.VectorType(_HALF_WORD, 64), [0] * 64)

    def repeated(builder, value):
        narrow = value if bits == 32 else builder.trunc(value, code)
        one = builder.insert_element(undefined, narrow, ir.Constant(_HALF_WORD, 0))
        return builder.shuffle_vector(one, undefined, same_place)

    @intrinsic
    def in_range(_context, address, low, span):
        def generate(_context, builder, _signature, arguments):
            codes = builder.load(builder.inttoptr(arguments[0], vector.as_pointer()))
            codes.align = 1
            above = builder.sub(codes, repeated(builder, arguments[1]))
            inside = builder.icmp_unsigned("<=", above, repeated(builder, arguments[2]))
            return builder.bitcast(inside, _WORD)

        return types.uint64(types.intp, types.uint32, types.uint32), generate

    return in_range


in_range_8 = _in_range(8)
in_range_16 = _in_range(16)
in_range_32 = _in_range(32)


def _access(bits: int):
    """Two intrinsics: the code of `bits` at an address, and writing it there."""
    pointer = ir.IntType(bits).as_pointer()

    @intrinsic
    def code_at(_context, address):
        def generate(_context, builder, _signature, arguments):
            code = builder.load(builder.inttoptr(arguments[0], pointer))
            return code if bits == 32 else builder.zext(code, _HALF_WORD)

        return types.uint32(types.intp), generate

    @intrinsic
    def write_code(_context, address, code):
        def generate(_context, builder, _signature, arguments):
            code = arguments[1] if bits == 32 else builder.trunc(arguments[1], ir.IntType(bits))
            builder.store(code, builder.inttoptr(arguments[0], pointer))

        return types.void(types.intp, types.uint32), generate

    return code_at, write_code


code_at_8, write_code_8 = _access(8)
code_at_16, write_code_16 = _access(16)
code_at_32, write_code_32 = _access(32)


@intrinsic
def bit_count(_context, word):
    """How many bits of a word are set."""

    def generate(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate

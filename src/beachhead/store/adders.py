"""Adding up rows of bits, column by column: logical operations on vectors, which Python cannot say and numba not see.

LLVM makes what the processor has of a vector of four words. Its builder has no types.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

COLUMNS = 4
"""Words that are added to at once: 256 columns."""
LEVELS = 12
"""Bits of a counter."""
_WORD = ir.IntType(64)
_VECTOR = ir.VectorType(_WORD, COLUMNS)


def _adder():
    @intrinsic
    def add_rows(_context, counters, stride, rows, places):
        def emit(_context, builder, _signature, arguments):
            def at(address, offset):
                return builder.inttoptr(builder.add(address, offset), _VECTOR.as_pointer())

            def counter(level):
                return at(arguments[0], builder.mul(arguments[1], _WORD(level)))

            def load(pointer):
                return builder.load(pointer, align=8)

            def place(n):
                return builder.load(builder.inttoptr(builder.add(arguments[3], _WORD(8 * n)), _WORD.as_pointer()))

            def carried(level, first):
                """The sum of 2 ** level rows from `first` on, without the lower bits, which stay in the counters."""
                if not level:
                    return load(at(arguments[2], place(first)))
                a = carried(level - 1, first)
                b = carried(level - 1, first + 2 ** (level - 1))
                before = sums[level - 1]
                half = builder.xor(before, a)
                sums[level - 1] = builder.xor(half, b)
                return builder.or_(builder.and_(before, a), builder.and_(half, b))

            sums = [load(counter(level)) for level in range(4)]
            carry = carried(4, 0)
            for level, total in enumerate(sums):
                builder.store(total, counter(level), align=8)
            for level in range(4, LEVELS):
                before = load(counter(level))
                builder.store(builder.xor(before, carry), counter(level), align=8)
                carry = builder.and_(before, carry)

        return types.void(types.intp, types.intp, types.intp, types.intp), emit

    return add_rows


add_rows = _adder()
"""Add 16 rows to bit-sliced counters by a tree of full adders (Harley and Seal; Warren, "Hacker's Delight", 2nd ed.
2013, 5-1).

All are addresses: of the counters' lowest bits, the next ones following after `stride` bytes each; of the rows; of
16 int64, how many bytes after `rows` each of them begins.
"""

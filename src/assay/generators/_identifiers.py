"""Fresh identifiers in the style of real ones, never a real one."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError
from assay.generators._values import cells_of, whole_numbers

ROUNDS = 30
STYLES = 100_000  # real identifiers whose style is copied
_NUMBERED = re.compile(r"^(\D*)(\d{1,17})(\D*)$")


@dataclass(frozen=True)
class FreshIds:
    """Identifiers that are unique, of the real column's type and style, and not among the real ones.

    Parameters
    ----------
    name : str
        The column.
    taken : pyarrow.Array
        Distinct real identifiers in ascending order.
    sizes : numpy.ndarray of int64, shape (identifiers,)
        Rows of each identifier in the real table.
    nulls : int
        Real rows without an identifier.
    repeats : bool
        Whether rows share identifiers as in the real table (an entity column), each row its own otherwise.

    Notes
    -----
    Integers that fill their range go on after it; scattered ones are drawn within it. Texts that are one number between
    constant parts go on counting; other texts keep their punctuation and length, with letters, digits and case redrawn.
    An entity's rows stand together and their number follows the real table; they have nothing else in common.
    """

    name: str
    taken: pa.Array
    sizes: np.ndarray
    nulls: int
    repeats: bool

    @classmethod
    def learn(cls, name: str, cells: pa.ChunkedArray, *, repeats: bool) -> FreshIds:
        """Learn from real cells."""
        if pa.types.is_dictionary(cells.type):
            cells = cells.cast(cells.type.value_type)
        counted = pc.value_counts(cells.drop_null().combine_chunks())
        values, sizes = counted.field("values"), counted.field("counts").to_numpy()
        order = pc.sort_indices(values).to_numpy()
        return cls(name, values.take(pa.array(order)), sizes[order].astype(np.int64), cells.null_count, repeats)

    def draw(self, n: int, rng: np.random.Generator) -> pa.Array:
        """Give n cells of the real column's type.

        Raises
        ------
        InputError
            If the type has no room for n more identifiers.
        """
        kind = self.taken.type
        rows = int(self.sizes.sum()) + self.nulls
        null = rng.random(n) * max(rows, 1) < self.nulls
        if len(self.taken) == 0:
            return pa.nulls(n, type=kind)
        wanted = n - int(null.sum())
        owner = self._owners(wanted, rng)
        distinct = int(owner[-1]) + 1 if wanted else 0
        fresh = self._fresh(distinct, rng)
        at = np.zeros(n, dtype=np.int64)
        at[~null] = owner
        return fresh.take(pa.array(at, mask=null))

    def _owners(self, n: int, rng: np.random.Generator) -> np.ndarray:
        if not self.repeats or n == 0:
            return np.arange(n)
        sizes = rng.choice(self.sizes, size=n)  # n groups of at least one row are always enough
        return np.searchsorted(np.cumsum(sizes), np.arange(n), side="right")

    def _fresh(self, n: int, rng: np.random.Generator) -> pa.Array:
        kind = self.taken.type
        if pa.types.is_integer(kind):
            return pa.array(self._integers(self.taken.to_numpy(), n, rng), type=kind)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            return pa.array(self._texts(n, rng), type=kind)
        whole = None if pa.types.is_floating(kind) else whole_numbers(self.taken)
        if whole is not None:
            return cells_of(self._integers(whole, n, rng), np.zeros(n, dtype=bool), kind)
        low, high = (float(self.taken[at].as_py()) for at in (0, -1))
        return self._unique(n, lambda count: pa.array(rng.uniform(low, high, count)).cast(kind, safe=False))

    def _integers(self, taken: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        low, high = int(taken[0]), int(taken[-1])
        limits = np.iinfo(taken.dtype)
        span = high - low + 1
        if span <= 4 * len(taken):
            start = high + 1 + int(rng.integers(0, span))
            if start + n - 1 <= limits.max:
                return np.arange(n, dtype=taken.dtype) + taken.dtype.type(start)
        if span - len(taken) < 4 * n:
            high = min(high + 4 * n, limits.max)
        if high - low + 1 - len(taken) < 2 * n:
            low, high = max(low - 4 * n, limits.min), min(high + 4 * n, limits.max)

        def draw(count: int) -> pa.Array:
            return pa.array(rng.integers(low, high, count, dtype=taken.dtype, endpoint=True))

        return self._unique(n, draw, pa.array(taken)).to_numpy(zero_copy_only=False)

    def _texts(self, n: int, rng: np.random.Generator) -> pa.Array:
        reals = self.taken.slice(0, STYLES).to_pylist()
        parts = [_NUMBERED.match(text) for text in reals]
        if len(self.taken) <= STYLES and all(parts) and len({(part[1], part[3]) for part in parts if part}) == 1:
            prefix, suffix = parts[0][1], parts[0][3]  # type: ignore[index]
            numbers = np.unique(np.array([int(part[2]) for part in parts if part], dtype=np.int64))
            widths = {len(part[2]) for part in parts if part}
            width = max(widths) if len(widths) == 1 else 0
            return pa.array([f"{prefix}{number:0{width}d}{suffix}" for number in self._integers(numbers, n, rng).tolist()])
        letters = np.array([text for text in reals if text] or ["a"])
        shape = letters.view(np.uint32).reshape(len(letters), -1)
        alphabets = _alphabets(shape)

        def draw(count: int) -> pa.Array:
            out = shape[rng.integers(0, len(shape), count)].copy()
            for characters, belongs in alphabets:
                spots = belongs(out)
                out[spots] = characters[rng.integers(0, len(characters), int(spots.sum()))]
            return pa.array(out.view(f"<U{out.shape[1]}").ravel().tolist(), type=self.taken.type)

        try:
            return self._unique(n, draw)
        except InputError:
            return self._unique(n, lambda count: pc.binary_join_element_wise(draw(count), _digits(count, rng, draw), "-"))

    def _unique(self, n: int, draw: Callable[[int], pa.Array], taken: pa.Array | None = None) -> pa.Array:
        """Draw until n are unique and none is taken."""
        taken = self.taken if taken is None else taken
        kept = draw(0)
        for _ in range(ROUNDS):
            new = pc.unique(pa.concat_arrays([kept, draw(max(2 * (n - len(kept)), 16))]))
            kept = new.filter(pc.invert(pc.is_in(new, value_set=taken)))
            if len(kept) >= n:
                return kept.slice(0, n)
        raise InputError(
            f"Column {self.name!r} has no room for {n:,} fresh identifiers of type {self.taken.type}.",
            column=self.name,
            fix="Ask for fewer rows, give the column a wider type, or drop it.",
        )


def _digits(count: int, rng: np.random.Generator, like: Callable[[int], pa.Array]) -> pa.Array:
    return pa.array([str(number) for number in rng.integers(0, 10**9, count).tolist()], type=like(0).type)


def _alphabets(shape: np.ndarray) -> list[tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]]:
    """Give alphabets to redraw from and where each stands: hexadecimal, or digits, capitals and small letters."""
    used = set(np.unique(shape).tolist())
    for word in ("0123456789abcdef", "0123456789ABCDEF"):
        hexadecimal = np.array([ord(letter) for letter in word], dtype=np.uint32)
        if used & set(hexadecimal[10:].tolist()) and used <= {0, ord("-"), *hexadecimal.tolist()}:
            return [(hexadecimal, lambda out, word=hexadecimal: np.isin(out, word))]
    groups = ((48, 57), (65, 90), (97, 122))

    def within(low: int, high: int) -> Callable[[np.ndarray], np.ndarray]:
        return lambda out: (out >= low) & (out <= high)

    return [(np.arange(low, high + 1, dtype=np.uint32), within(low, high)) for low, high in groups]

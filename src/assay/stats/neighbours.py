"""Exact nearest neighbours by blocked matrix products, proven in float64."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib import import_module
from math import gcd
from typing import Any, Literal, NamedTuple

import numpy as np

from assay.core.errors import MissingDependencyError
from assay.core.threads import one_thread
from assay.stats.rounding import FAR, Bounds, Side
from assay.stats.rowhash import matrix_digests, row_ids

QUERY_BLOCK = 512
REFERENCE_BLOCK = 1024
GROUP = 32  # references whose least distance is compared first
PENDING = 24  # candidates per query that may wait for their exact distance
SPARE = 8  # candidates that faiss gives beyond those wanted
PAIRS = 1 << 16  # exact distances at a time: 16 MiB for 30 columns
CROWDED = 0.02  # share of pairs beyond which float32 is too coarse for the data


Backend = Literal["products", "faiss"]


class _Pool(NamedTuple):
    """Candidates: which query found which reference (by its place in the product) at which value."""

    query: np.ndarray
    position: np.ndarray
    value: np.ndarray

    def take(self, kept: np.ndarray) -> _Pool:
        return _Pool(self.query[kept], self.position[kept], self.value[kept])

    def nth(self, k: int, queries: int) -> np.ndarray:
        """Give each query's k-th smallest value; infinite where there are fewer."""
        if self.value.dtype == np.float32:  # one key of query and value sorts five times as fast as two
            bits = self.value.view(np.int32).astype(np.int64)
            order = np.argsort((self.query << 32) + np.where(bits < 0, -(bits & 0x7FFFFFFF), bits))
        else:
            order = np.lexsort((self.value, self.query))
        times = np.bincount(self.query, minlength=queries)
        nth = np.full(queries, np.inf)
        full = times >= k
        nth[full] = self.value[order[(np.cumsum(times) - times)[full] + k - 1]]
        return nth


class References:
    """Points that may be found, prepared once and asked often.

    Parameters
    ----------
    points : numpy.ndarray of float32, shape (n, d)
        All of them are looked at, always.

    Raises
    ------
    ValueError
        If a value is not finite: a distance to it is no number.

    Notes
    -----
    Blocks of 512 queries by 1024 references: the tile ``|r|^2 - 2 q.r`` is one float32 product that stays in cache (2 MiB a
    thread, whatever the sizes). One pass takes the least value of every 32 references; only groups below the query's bound are
    looked into, and what lies below it there gets its distance in float64 from the differences.

    The bound is proven, not guessed (`assay.stats.rounding`): with D the exact k-th smallest distance so far, every reference at
    most D away has a float32 value of at most ``D^2 - |q|^2`` and the largest rounding error there can be. What is above cannot
    be nearer than what was found. Where that error is too wide for the data (near duplicates far from the centre: over 2% of the
    pairs would have to be looked at), the block goes on in float64 products, with the same bound for float64.

    Results are therefore the same on any number of threads and with any BLAS: float64 distances, ties by lowest index. Equal
    references are searched once. The tables are visited in strides, so that sorted references cost no more than shuffled ones.
    Beyond the products the time goes up with ties at the k-th distance, all of which are looked at.

    References
    ----------
    Johnson, Douze and Jegou (2019), Billion-scale similarity search with GPUs, IEEE Transactions on Big Data 7 (distances as
    matrix products).

    Examples
    --------
    >>> references = References(np.float32([[3.0], [1.0]]))
    >>> distances, indices = references.nearest(np.float32([[0.0]]), k=2)
    >>> distances.tolist(), indices.tolist()
    ([[1.0, 3.0]], [[1, 0]])
    """

    def __init__(self, points: np.ndarray) -> None:
        points = _finite(points, "reference")
        self.count, self.width = points.shape
        first, self._kinds = _different(points)
        self.points = points[first]
        self._first = first
        n = len(self.points)
        stride = max(int(0.618 * n), 1)
        while n and gcd(stride, n) > 1:
            stride += 1
        self._visits = (np.arange(n, dtype=np.int64) * stride) % max(n, 1)
        self._centre = self.points.mean(axis=0, dtype=np.float64) if n else np.zeros(self.width)

    def nearest(
        self, queries: np.ndarray, k: int = 2, exclude: np.ndarray | None = None, *, jobs: int = 1, backend: Backend = "products"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find each query's k nearest references by Euclidean distance.

        Parameters
        ----------
        queries : numpy.ndarray of float32, shape (q, d)
            Points that ask.
        k : int
            Neighbours wanted.
        exclude : numpy.ndarray of int64, shape (q,), optional
            For each query the one reference that may not be found (itself), or -1.
        jobs : int
            Threads; each runs its products on one BLAS thread. Nothing but the time depends on it.
        backend : {'products', 'faiss'}
            What looks for candidates: the products above, or faiss (extra ``fast``), whose candidates are proven by the same
            bound, and looked for again where it does not hold. The numbers are the same.

        Returns
        -------
        distances : numpy.ndarray of float64, shape (q, k)
            Ascending; infinite where there are fewer than k references.
        indices : numpy.ndarray of int64, shape (q, k)
            Positions among the references, of equal distances the lowest, -1 where there is none.
        """
        queries = _finite(queries, "query")
        if queries.shape[1] != self.width:
            raise ValueError(f"Queries must have {self.width} columns, as the references have. Got {queries.shape[1]}.")
        if not self.count or not len(queries):
            return np.full((len(queries), k), np.inf), np.full((len(queries), k), -1, dtype=np.int64)
        wanted = min(k + (exclude is not None), self.count)
        if backend == "faiss":
            squares, at = self._by_faiss(queries, wanted, jobs)
            return self._finish(squares, at, k, wanted, exclude)
        squares, at = self._by_products(queries, wanted, jobs)
        return self._finish(squares, at, k, wanted, exclude)

    def _by_products(self, queries: np.ndarray, wanted: int, jobs: int) -> tuple[np.ndarray, np.ndarray]:
        blocks = [queries[start : start + QUERY_BLOCK] for start in range(0, len(queries), QUERY_BLOCK)]
        single = self._single  # made before threads ask for it
        with one_thread():
            if jobs == 1 or len(blocks) == 1:
                parts = [self._block(block, wanted, single) for block in blocks]
            else:
                with ThreadPoolExecutor(jobs) as pool:
                    parts = list(pool.map(lambda block: self._block(block, wanted, single), blocks))
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _by_faiss(self, queries: np.ndarray, wanted: int, jobs: int) -> tuple[np.ndarray, np.ndarray]:
        """Let faiss find a few more than wanted, and prove that nothing nearer was left out."""
        faiss = _faiss()
        n = len(self.points)
        k, most = min(wanted, n), min(wanted + SPARE, n)
        moved = self._moved(queries, np.float32)
        before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(jobs)
        try:
            index = faiss.IndexFlatL2(self.width)
            index.add(self._moved(self.points, np.float32))
            values, found = index.search(moved, most)
        finally:
            faiss.omp_set_num_threads(before)
        every = np.repeat(np.arange(len(queries)), most)
        exact = self._exact(queries, every, found.ravel()).reshape(-1, most)
        order = np.lexsort((found, exact), axis=1)[:, :k]
        squares, at = np.take_along_axis(exact, order, axis=1), np.take_along_axis(found, order, axis=1).astype(np.int64)
        # what faiss left out has at least its last value; within the k-th distance it would have at most |q|^2 + limit
        bounds = Bounds(moved, self._single)
        doubtful = np.flatnonzero(bounds.apart(squares[:, -1] * self._scale**2) >= values[:, -1]) if most < n else []
        if len(doubtful):
            squares[doubtful], at[doubtful] = self._by_products(queries[doubtful], wanted, jobs)
        return squares, at

    def _finish(
        self, squares: np.ndarray, at: np.ndarray, k: int, wanted: int, exclude: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        squares, at = self._repeat(squares, at, wanted)
        if exclude is not None:
            squares, at = _without(squares, at, exclude)
        distances, indices = np.full((len(at), k), np.inf), np.full((len(at), k), -1, dtype=np.int64)
        some = min(k, squares.shape[1])
        distances[:, :some], indices[:, :some] = np.sqrt(squares[:, :some]), at[:, :some]
        return distances, indices

    @cached_property
    def _scale(self) -> float:
        """Power of two that brings the largest centred value to about one, so that squares neither overflow nor vanish."""
        if not self.points.size:
            return 1.0
        largest = max(np.abs(end - self._centre).max() for end in (self.points.min(axis=0), self.points.max(axis=0)))
        return float(2.0 ** -np.floor(np.log2(largest))) if largest > 0 else 1.0

    @cached_property
    def _single(self) -> Side:
        return self._side(np.float32)

    @cached_property
    def _double(self) -> Side:
        return self._side(np.float64)

    def _side(self, kind: type) -> Side:
        n = len(self.points)
        right = np.zeros((-(-n // GROUP) * GROUP, self.width + 1), dtype=kind)
        right[:n, :-1] = self._moved(self.points[self._visits], kind)
        right[:n, -1] = np.einsum("ij,ij->i", right[:n, :-1], right[:n, :-1], dtype=np.float64)
        right[n:, -1] = FAR
        return Side.of(right)

    def _moved(self, points: np.ndarray, kind: type) -> np.ndarray:
        return ((points - self._centre) * self._scale).astype(kind)

    def _block(self, queries: np.ndarray, k: int, side: Side) -> tuple[np.ndarray, np.ndarray]:
        """Give squared distances and positions of the k nearest different references of a block of queries."""
        n, k = len(self.points), min(k, len(self.points))
        bounds = Bounds(self._moved(queries, side.right.dtype.type), side)
        buffer = np.empty((min(REFERENCE_BLOCK, len(side.right)), len(queries)), dtype=side.right.dtype)
        pool = _Pool(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, side.right.dtype))
        waiting: list[_Pool] = []
        count = settled = 0
        due = 1
        limit = np.full(len(queries), np.inf, dtype=side.right.dtype)
        for at, start in enumerate(range(0, len(side.right), REFERENCE_BLOCK), start=1):
            part = side.right[start : start + REFERENCE_BLOCK]
            grouped = np.matmul(part, bounds.left, out=buffer[: len(part)]).reshape(-1, GROUP, len(queries))
            least = np.minimum.reduce(grouped, axis=1)
            if at == 1 and len(least) >= k:
                limit = bounds.limit(bounds.squares(np.partition(least, k - 1, axis=0)[k - 1]))
            group, query = np.divmod(np.flatnonzero(least <= limit), len(queries))
            values = grouped[group, :, query]
            hit, member = np.nonzero(values <= limit[query, None])
            position = start + group[hit] * GROUP + member
            waiting.append(_Pool(query[hit], position, values[hit, member]))
            count += len(hit)
            last = start + REFERENCE_BLOCK >= len(side.right)
            if not last and at < due and count <= PENDING * k * len(queries):
                continue
            due = 2 * at if at >= due else due
            pool, waiting, count = _Pool(*(np.concatenate(parts) for parts in zip(pool, *waiting, strict=True))), [], 0
            pool = pool.take(pool.position < n)
            limit = np.minimum(limit, bounds.limit(bounds.squares(pool.nth(k, len(queries)))))
            pool = pool.take(pool.value <= limit[pool.query])
            if len(pool.query) > 2 * PENDING * k * len(queries):
                settled += len(pool.query)
                if settled > CROWDED * (start + len(part)) * len(queries) and side is not self._double and not last:
                    return self._block(queries, k, self._double)
                pool, squares = self._settle(queries, pool, k)
                limit = np.minimum(limit, bounds.limit(squares.reshape(-1, k)[:, -1] * self._scale**2))
        pool, squares = self._settle(queries, pool, k)
        return squares.reshape(-1, k), self._visits[pool.position].reshape(-1, k)

    def _settle(self, queries: np.ndarray, pool: _Pool, k: int) -> tuple[_Pool, np.ndarray]:
        """Keep of the pool the k nearest of each query in float64, of equal distances the lowest positions."""
        point = self._visits[pool.position]
        square = self._exact(queries, pool.query, point)
        order = np.lexsort((point, square, pool.query))
        times = np.bincount(pool.query, minlength=len(queries))
        kept = order[((np.cumsum(times) - times)[:, None] + np.arange(k)).ravel()]
        return pool.take(kept), square[kept]

    def _exact(self, queries: np.ndarray, query: np.ndarray, point: np.ndarray) -> np.ndarray:
        """Give squared distances in float64; differences of float32 numbers, so that nothing overflows or cancels."""
        square = np.empty(len(query))
        for start in range(0, len(query), PAIRS):
            part = slice(start, start + PAIRS)
            difference = np.subtract(queries[query[part]], self.points[point[part]], dtype=np.float64)
            square[part] = np.einsum("ij,ij->i", difference, difference)
        return square

    def _repeat(self, squares: np.ndarray, at: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Put every reference in the place of those that it equals, the lowest index first."""
        if self._kinds is None:
            return squares, np.where(np.isinf(squares), -1, at)
        order = np.argsort(self._kinds, kind="stable")
        times = np.bincount(self._kinds, minlength=len(self._first))
        starts = np.cumsum(times) - times
        known = at >= 0
        place = np.arange(k)
        real = known[:, :, None] & (place < times[at][:, :, None])
        index = order[np.where(real, starts[at][:, :, None] + place, 0)]
        square = np.where(real, squares[:, :, None], np.inf).reshape(len(at), -1)
        index = np.where(real, index, self.count).reshape(len(at), -1)
        chosen = np.lexsort((index, square), axis=1)[:, :k]
        square, index = np.take_along_axis(square, chosen, axis=1), np.take_along_axis(index, chosen, axis=1)
        return square, np.where(np.isinf(square), -1, index)


def nearest(
    queries: np.ndarray, references: np.ndarray, k: int = 2, exclude: np.ndarray | None = None, *, jobs: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Find each query's k nearest references by Euclidean distance; see `References`, which is for asking more than once.

    Parameters
    ----------
    queries : numpy.ndarray of float32, shape (q, d)
        Points that ask.
    references : numpy.ndarray of float32, shape (n, d)
        Points that may be found; all of them are looked at.
    k : int
        Neighbours wanted.
    exclude : numpy.ndarray of int64, shape (q,), optional
        For each query the one reference that may not be found (itself), or -1.
    jobs : int
        Threads.

    Returns
    -------
    distances : numpy.ndarray of float64, shape (q, k)
        Ascending; infinite where there are fewer than k references.
    indices : numpy.ndarray of int64, shape (q, k)
        Positions among the references, of equal distances the lowest, -1 where there is none.

    Examples
    --------
    >>> nearest(np.float32([[0.0]]), np.float32([[3.0], [1.0]]), k=1)[0].tolist()
    [[1.0]]
    """
    return References(references).nearest(queries, k, exclude, jobs=jobs)


def _faiss() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the wrapper that faiss is generated with
            return import_module("faiss")
    except ImportError as error:
        raise MissingDependencyError("The neighbours backend 'faiss'", "faiss-cpu", "fast") from error


def _finite(points: np.ndarray, what: str) -> np.ndarray:
    points = np.ascontiguousarray(points, dtype=np.float32) + np.float32(0.0)
    if points.ndim != 2:
        raise ValueError(f"A {what} table must have two dimensions, rows and columns. Got {points.ndim}.")
    if not np.isfinite(points).all():
        raise ValueError(f"Every {what} must be finite: a distance to NaN or infinity is no number. Encode nulls as flags.")
    return points


def _different(points: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Give the first of each kind of equal rows, in their order, and each row's kind; None where no two are equal."""
    n = len(points)
    if not points.shape[1]:
        return np.arange(min(n, 1)), np.zeros(n, dtype=np.int64)
    if len(np.unique(matrix_digests(points))) == n:
        return np.arange(n), None
    _, first, kinds = np.unique(row_ids(list(points.T)), return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int64)
    rank[order] = np.arange(len(first))
    return first[order], rank[kinds]


def _without(squares: np.ndarray, at: np.ndarray, exclude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take one reference out of each query's list, or else the last."""
    banned = (at == exclude[:, None]) & (at >= 0)
    banned[~banned.any(axis=1), -1] = True
    kept = np.argsort(banned, axis=1, kind="stable")[:, :-1]
    return np.take_along_axis(squares, kept, axis=1), np.take_along_axis(at, kept, axis=1)

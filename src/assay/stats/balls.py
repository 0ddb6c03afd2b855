"""Coverage and density of a sample by the nearest-neighbour balls of another, with the noise of both counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BLOCK = 256
SLACK = 1e-5  # of the squared lengths involved: distances are taken in float32


class Balls(NamedTuple):
    """What lies in the balls around some reference rows, for each of several samples.

    Parameters
    ----------
    inside : numpy.ndarray of int32, shape (samples, queries)
        Rows of each sample in each ball.
    hits : tuple of numpy.ndarray of int32
        Per sample, shape (rows,): how many balls hold the row.
    alone : tuple of numpy.ndarray of int32
        Per sample, shape (rows,): how many balls hold this row and no other of its sample.
    """

    inside: np.ndarray
    hits: tuple[np.ndarray, ...]
    alone: tuple[np.ndarray, ...]


def balls(queries: np.ndarray, itself: np.ndarray, references: np.ndarray, samples: tuple[np.ndarray, ...], k: int) -> Balls:
    """Draw a ball around each query up to its k-th nearest reference and count who is inside.

    Parameters
    ----------
    queries : numpy.ndarray of float32, shape (q, d)
        Centres, some of the references.
    itself : numpy.ndarray of int, shape (q,)
        Place of each centre among the references: it is not its own neighbour.
    references : numpy.ndarray of float32, shape (n, d)
        Rows that give the radii.
    samples : tuple of numpy.ndarray of float32, shape (m, d) each
        Rows that are counted.
    k : int
        Neighbour that gives the radius, fewer where there are not so many.

    References
    ----------
    Naeem, Oh, Uh, Choi and Yoo (2020), Reliable fidelity and diversity metrics for generative models, ICML.

    Examples
    --------
    >>> line = np.float32([[0.0], [1.0], [3.0]])
    >>> balls(line, np.arange(3), line, (np.float32([[0.5], [9.0]]),), 1).inside.tolist()
    [[1, 1, 0]]
    """
    centre = references.mean(axis=0, dtype=np.float64).astype(np.float32)
    tables = [references - centre, *(sample - centre for sample in samples)]
    lengths = [np.einsum("ij,ij->i", table, table) for table in tables]
    inside = np.zeros((len(samples), len(queries)), dtype=np.int32)
    hits = tuple(np.zeros(len(sample), dtype=np.int32) for sample in samples)
    alone = tuple(np.zeros(len(sample), dtype=np.int32) for sample in samples)
    k = min(k, len(references) - 1)
    for start in range(0, len(queries), BLOCK):
        part = slice(start, start + BLOCK)
        block = queries[part] - centre
        own = np.einsum("ij,ij->i", block, block)[:, None]
        squares = own + lengths[0] - 2.0 * (block @ tables[0].T)
        squares[np.arange(len(block)), itself[part]] = np.inf
        radius = np.partition(squares, k - 1, axis=1)[:, k - 1 : k]
        for at, (table, length) in enumerate(zip(tables[1:], lengths[1:], strict=True)):
            held = own + length - 2.0 * (block @ table.T) <= radius + SLACK * (own + 1.0)
            count = held.sum(axis=1)
            inside[at, part] = count
            hits[at][:] += held.sum(axis=0, dtype=np.int32)
            single = np.flatnonzero(count == 1)
            if len(single):
                np.add.at(alone[at], held[single].argmax(axis=1), 1)
    return Balls(inside, hits, alone)

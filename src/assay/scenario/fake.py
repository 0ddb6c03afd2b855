"""Realistic names, addresses and so on: a pool that faker fills, from which a million rows are drawn in a moment."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from assay.core.errors import MissingDependencyError, did_you_mean
from assay.scenario.cells import Cells, texts

TRIES = 4
DATED = ("credit_card_expire", "credit_card_full", "passport_full")


class FakeFault(ValueError):
    """A provider or locale that faker does not have, or that gives no text."""


def fake(provider: str, locale: str, pool: int, n: int, rng: np.random.Generator) -> Cells:
    """Draw made-up texts.

    Parameters
    ----------
    provider : str
        A provider of faker's that takes no arguments, such as ``name``.
    locale : str
        Such as ``de_DE``.
    pool : int
        How many values to make at most; rows are drawn from them.
    n : int
        Rows.
    rng : numpy.random.Generator
        Its first number seeds faker.

    Raises
    ------
    MissingDependencyError
        If faker is not installed.
    FakeFault
        If faker has no such provider or locale.
    """
    values = _pool(provider, locale, pool, int(rng.integers(0, 2**31)))
    return texts(rng.integers(0, len(values), n), values)


def provider_fault(provider: str, locale: str) -> str | None:
    """Say what is wrong with a provider or locale, or None.

    Raises
    ------
    MissingDependencyError
        If faker is not installed.
    """
    try:
        _pool(provider, locale, 1, 0)
    except FakeFault as error:
        return str(error)
    return None


@lru_cache(maxsize=64)
def _pool(provider: str, locale: str, pool: int, seed: int) -> tuple[str, ...]:
    try:
        from faker import Faker
        from faker.config import AVAILABLE_LOCALES
        from faker.exceptions import UnsupportedFeature
    except ImportError as error:
        raise MissingDependencyError("A column with fake", "faker", "rules") from error
    if locale not in AVAILABLE_LOCALES:
        raise FakeFault(f"faker has no locale {locale!r}.{did_you_mean(locale, AVAILABLE_LOCALES)}")
    maker: Any = Faker(locale)
    maker.seed_instance(seed)  # this instance's own generator: nothing global is seeded
    known = [name for name in dir(maker.factories[0]) if not name.startswith(("_", "add_", "set_", "get_", "seed"))]
    if provider not in known:
        raise FakeFault(f"faker has no provider {provider!r} in {locale}.{did_you_mean(provider, known)}")
    make = getattr(maker, provider)
    if provider in DATED or "date_time" in str(getattr(getattr(maker.factories[0], provider), "__module__", "")):
        told = f"faker's provider {provider!r} goes by today's date: the same seed would give other rows tomorrow."
        raise FakeFault(f"{told} Take distribution = 'dates' or a formula.")
    try:
        first = make()
    except TypeError as error:
        raise FakeFault(f"faker's provider {provider!r} needs arguments, which a scenario cannot give.") from error
    except UnsupportedFeature as error:
        raise FakeFault(f"faker's provider {provider!r} cannot be had: {error}") from error
    if not isinstance(first, str | int | float):
        raise FakeFault(f"faker's provider {provider!r} gives a {type(first).__name__}, not a text.")
    found = dict.fromkeys([str(first).replace("\n", ", ")])
    for _ in range(TRIES * pool):
        if len(found) >= pool:
            break
        found[str(make()).replace("\n", ", ")] = None
    return tuple(found)

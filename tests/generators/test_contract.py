"""Every built-in generator keeps the contract that plug-in authors test theirs against."""

import pytest

from assay.core.registry import get, names
from assay.testing.contracts import GeneratorContract

BUILT_IN = ("bootstrap_rows", "gaussian_copula", "marginals", "tree_chain")


@pytest.mark.parametrize("name", BUILT_IN)
class TestContract(GeneratorContract):
    @pytest.fixture(autouse=True)
    def _named(self, name):
        self.name = name

    def make(self):
        return get("generator", self.name)()


def test_the_built_in_generators_are_found_by_their_file():
    assert set(BUILT_IN) <= set(names("generator"))

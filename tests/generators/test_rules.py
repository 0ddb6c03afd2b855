"""Rows by a scenario keep the contract of generators, as far as it is about rows made and not about rows learned from."""

import json

import pyarrow as pa
import pytest

from assay.core.errors import InputError, NotFittedError, UnknownNameError, UsageError
from assay.generators.rules import Rules
from assay.testing.contracts import GeneratorContract, mixed_table
from assay.verbs.generate import generate

LEARNED = (
    "test_the_real_table_stays_as_it_is",
    "test_nulls_stay_only_where_they_were",
    "test_levels_are_real_ones",
    "test_ids_are_fresh_and_unique",
    "test_schema_and_types_round_trip",
    "test_the_lineage_says_where_rows_came_from",
    "test_one_column_tables",
    "test_fit_returns_itself",
)


class TestContract(GeneratorContract):
    def make(self):
        return Rules(scenario="clinic")

    def fitted(self):
        return self.make().fit(seed=0)


for _name in LEARNED:  # these speak of a real table, which there is none of
    setattr(TestContract, _name, None)


def test_the_rest_of_the_contract_runs():
    left = [name for name in dir(GeneratorContract) if name.startswith("test") and name not in LEARNED]
    assert len(left) >= 6
    assert all(callable(getattr(TestContract, name)) for name in left)


@pytest.mark.parametrize("name", ["clinic", "payments", "sensors"])
def test_types_are_those_of_the_schema_and_the_lineage_names_the_scenario(name):
    rules = Rules(scenario=name).fit()
    rows = rules.sample(500, seed=3)
    assert {column.name: column.dtype for column in rows.schema.columns} == {
        field.name: str(field.type) for field in rows.table.schema
    }
    assert all(column.nullable or not rows.nulls(column.name).any() for column in rows.schema.columns)
    assert rows.lineage.parents == (rules.scenario_.sha256,)
    assert (rows.lineage.generator, rows.lineage.seed, rows.lineage.depth) == ("rules", 3, 1)
    json.loads(rows.lineage.to_json())


def test_all_tables_together_and_one_of_them_alone():
    tables = Rules(scenario="payments").fit().sample_tables(2_000, seed=1)
    assert list(tables) == ["customers", "cards", "merchants", "payments"]
    assert tables["payments"].sha256 == Rules(scenario="payments").fit().sample(2_000, seed=1).sha256
    customers = Rules(scenario="payments", table="customers").fit().sample(30, seed=1)
    assert len(customers) == 30
    assert customers.names == ("customer_id", "age", "region", "joined")


def test_what_it_refuses(tmp_path):
    with pytest.raises(UsageError, match="learns nothing from real ones"):
        Rules(scenario="clinic").fit(mixed_table())
    with pytest.raises(UsageError, match="--set scenario=payments"):
        Rules().fit()
    with pytest.raises(UnknownNameError, match="Did you mean 'clinic'"):
        Rules(scenario="clinik").fit()
    with pytest.raises(InputError, match="Did you mean 'visits'"):
        Rules(scenario="clinic", table="visit").fit()
    with pytest.raises(NotFittedError, match="has read no scenario"):
        Rules(scenario="clinic").sample(3, seed=0)
    with pytest.raises(UsageError, match="n must be an integer"):
        Rules(scenario="clinic").fit().sample(0, seed=0)


def test_a_saved_one_keeps_the_scenario_even_if_the_file_changes(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("[tables.a.columns]\nx = {distribution = 'normal'}\n")
    rules = Rules(scenario=str(path)).fit()
    rules.save(tmp_path / "saved")
    path.unlink()
    assert Rules.load(tmp_path / "saved").sample(9, seed=1).sha256 == rules.sample(9, seed=1).sha256
    assert sorted(part.name for part in (tmp_path / "saved").iterdir()) == ["generator.json", "scenario.toml"]
    (tmp_path / "saved" / "scenario.toml").write_text("[tables.a.columns]\nx = {distribution = 'uniform'}\n")
    with pytest.raises(InputError, match="digest differs"):
        Rules.load(tmp_path / "saved")
    (tmp_path / "saved" / "scenario.toml").unlink()
    with pytest.raises(InputError, match="not whole"):
        Rules.load(tmp_path / "saved")


def test_the_verb_makes_rows_without_any_real_one(tmp_path):
    rows = generate(with_="rules", n=300, settings={"scenario": "payments"}, seed=2, out=tmp_path / "p.parquet")
    assert (tmp_path / "p.parquet").exists()
    assert rows.schema.target == "fraud"
    again = generate(with_="rules", n=300, settings={"scenario": "payments"}, seed=2, target="amount")
    assert (again.schema.target, again.schema.task) == ("amount", "regression")
    with pytest.raises(InputError, match="Did you mean 'fraud'"):
        generate(with_="rules", n=5, settings={"scenario": "payments"}, balance="fruad")
    with pytest.raises(UsageError, match="learns nothing"):
        generate(pa.table({"x": [1, 2]}), with_="rules", n=5, settings={"scenario": "payments"})
    with pytest.raises(UsageError, match="Got neither"):
        generate(with_="marginals", n=5)


def test_a_folder_gets_every_table_with_its_schema(tmp_path):
    out = f"{tmp_path}/made/"
    generate(with_="rules", n=100, settings={"scenario": "sensors"}, out=out)
    names = sorted(part.name for part in (tmp_path / "made").iterdir())
    assert names == ["machines.parquet", "machines.schema.toml", "readings.parquet", "readings.schema.toml"]
    with pytest.raises(UsageError, match="Got a folder for all tables"):
        generate(with_="rules", n=100, settings={"scenario": "sensors"}, out=out, balance="faulty")
    with pytest.raises(UsageError, match="makes one table"):
        generate(mixed_table(), with_="marginals", n=5, out=out)

"""The training loop: it finds the minimum, does not depend on the cores, and goes on after a kill with the same numbers."""

import os

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from assay.nets import parallel, train  # noqa: E402
from assay.nets.train import Phase, Plan  # noqa: E402

CPU = torch.device("cpu")


def rows(count=600):
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.normal(size=(count, 3)).astype(np.float32))
    return {"x": x, "y": x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 3.0}


def squared(module, batch, noise):
    return (module(batch["x"]) - batch["y"]).square().mean()


def noised(module, batch, noise):
    return squared(module, {"x": batch["x"] + 0.1 * torch.randn(batch["x"].shape, generator=noise), "y": batch["y"]}, noise)


def linear():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return torch.nn.Linear(3, 1)


def trained(loss=squared, epochs=30, **more):
    plan = Plan(epochs, 64, more.pop("patience", 0), warmup=5)
    return train.train(linear(), [Phase("loss", loss, rate=0.05)], rows(), plan, seed=1, device=CPU, **more)


def weights(found):
    return torch.cat([part.detach().flatten() for part in found.module.parameters()]).numpy()


def test_a_linear_model_finds_its_coefficients():
    found = trained(epochs=60)
    np.testing.assert_allclose(weights(found), [1.0, -2.0, 0.5, 3.0], atol=0.01)
    assert found.epochs == 60
    assert found.curves[-1]["loss"] < 0.01 * found.curves[0]["loss"]


def test_the_numbers_do_not_depend_on_the_cores(monkeypatch):
    found = {}
    for cores in (1, 3):
        monkeypatch.setattr(parallel.os, "cpu_count", lambda cores=cores: cores)
        found[cores] = weights(trained(noised, epochs=3))
    assert np.array_equal(found[1], found[3])


def test_the_gradient_of_the_parts_is_that_of_the_whole():
    module, batch = linear(), rows(101)
    squared(module, batch, None).backward()
    whole = [part.grad.clone() for part in module.parameters()]
    with parallel.Replicas(module, CPU) as replicas:
        loss = replicas.gradients(squared, batch, [torch.Generator() for _ in range(parallel.SHARDS)])
    assert loss == pytest.approx(float(squared(module, batch, None).detach()), rel=1e-5)
    for part, expected in zip(module.parameters(), whole, strict=True):
        torch.testing.assert_close(part.grad, expected)


def test_a_training_that_was_killed_goes_on_with_the_same_numbers(tmp_path, monkeypatch):
    held = rows(80)
    expected = trained(noised, epochs=8, validation=held)
    monkeypatch.setattr(train, "EVERY_SECONDS", 0.0)
    calls = 0

    def killed(module, batch, noise):
        nonlocal calls
        calls += 1
        if calls > 4 * 40:  # four parts a step, nine steps an epoch
            raise KeyboardInterrupt
        return noised(module, batch, noise)

    with pytest.raises(KeyboardInterrupt):
        trained(killed, epochs=8, validation=held, judge=noised, folder=tmp_path, key="k")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".safetensors"]
    begun = []

    def counted(module, batch, noise):
        begun.append(1)
        return noised(module, batch, noise)

    found = trained(counted, epochs=8, validation=held, judge=noised, folder=tmp_path, key="k")
    assert len(begun) < 4 * 40
    assert np.array_equal(weights(found), weights(expected))
    assert found.curves == expected.curves
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_of_other_rows_or_settings_is_not_taken_up(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "EVERY_SECONDS", 0.0)

    def killed(module, batch, noise):
        if batch["x"].shape[0] and len(list(tmp_path.iterdir())) == 2:
            raise KeyboardInterrupt
        return squared(module, batch, noise)

    with pytest.raises(KeyboardInterrupt):
        trained(killed, folder=tmp_path, key="one")
    assert np.array_equal(weights(trained(epochs=2, folder=tmp_path, key="another")), weights(trained(epochs=2)))


def test_training_ends_when_held_out_rows_gain_no_more():
    found = trained(epochs=200, patience=3, validation={"x": rows(50)["x"], "y": -rows(50)["y"]})
    losses = [point["validation"] for point in found.curves]
    assert found.epochs < 200
    assert found.epochs - 1 - int(np.argmin(losses)) == 3


def test_a_loss_that_is_no_number_ends_the_training():
    with pytest.raises(FloatingPointError, match="smaller rate"):
        trained(lambda module, batch, noise: squared(module, batch, noise) * float("nan"))


def test_blocks_are_drawn_alike_on_any_number_of_cores(monkeypatch):
    def draw(rows, noise):
        return torch.randn((rows, 2), generator=noise)

    monkeypatch.setattr(parallel, "BLOCK", 7)
    whole = torch.cat(parallel.drawn(draw, 40, 5, CPU))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert torch.equal(whole, torch.cat(parallel.drawn(draw, 40, 5, CPU)))
    assert len(torch.unique(whole)) == 80

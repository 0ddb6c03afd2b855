"""Clipped sums of rows' gradients against gradients row by row, noise, and resuming."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from assay.core.seeds import spawn  # noqa: E402
from assay.nets import train  # noqa: E402
from assay.nets.chain import Chain  # noqa: E402
from assay.nets.private import ClippedSums, PrivatePlan, train_privately  # noqa: E402

CPU = torch.device("cpu")
SIZES = (3, 2, 5)


def losses(module, states):
    told = module(states)
    return torch.stack([functional.cross_entropy(part, states[:, at], reduction="none") for at, part in enumerate(told)]).sum(
        dim=0
    )


def chain(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = Chain(SIZES, 8, 2)
        for layer in (*module.heads, *module.second):
            torch.nn.init.normal_(layer.weight)
    return module


def rows(count, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(np.stack([rng.integers(0, size, count) for size in SIZES], axis=1))


def row_gradients(module, parameters, states):
    """Each row's gradient, one backward pass a row."""
    found = []
    for at in range(len(states)):
        parts = torch.autograd.grad(losses(module, states[at : at + 1]).sum(), parameters)
        found.append(torch.cat([part.flatten() for part in parts]))
    return torch.stack(found)


def summed(sums, states):
    return torch.cat([part.flatten() for part in sums(states)])


@pytest.mark.parametrize("clip", [0.5, 3.0, 1e9])
def test_clipped_sums_are_those_of_gradients_row_by_row(clip):
    states = rows(37)
    plain = chain()
    reference = row_gradients(plain, ClippedSums(plain, CPU, losses, 1.0).parameters, states)
    norms = reference.norm(dim=1)
    expected = (reference * (clip / norms).clamp_max(1.0)[:, None]).sum(dim=0)
    with ClippedSums(chain(), CPU, losses, clip) as sums:
        found = summed(sums, states)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5 * float(expected.abs().max()))
    assert clip > 1e6 or (norms > clip).any()


def test_no_row_moves_the_sum_by_more_than_the_clip():
    states = rows(200, 1)
    with ClippedSums(chain(), CPU, losses, 0.7) as sums:
        whole = summed(sums, states)
        for at in range(0, 200, 23):
            without = summed(sums, torch.cat([states[:at], states[at + 1 :]]))
            assert (whole - without).norm() <= 0.7 * (1 + 1e-4)
        assert summed(sums, states[:1]).norm() <= 0.7 * (1 + 1e-5)
        assert summed(sums, states[:0]).abs().sum() == 0


def test_every_weight_but_the_scales_is_trained_and_free_again_afterwards():
    module = chain()
    with ClippedSums(module, CPU, losses, 1.0) as sums:
        trained = sum(parameter.numel() for parameter in sums.parameters)
    assert trained == sum(part.numel() for name, part in module.named_parameters() if not name.startswith("scales"))
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert not module.told._forward_hooks


def test_a_layer_that_is_used_twice_is_refused():
    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(2, 2)

        def forward(self, numbers):
            return self.layer(self.layer(numbers))

    with (
        ClippedSums(Twice(), CPU, lambda module, part: module(part).sum(dim=1), 1.0) as sums,
        pytest.raises(RuntimeError, match="used twice"),
    ):
        sums(torch.ones(8, 2))


def trained(plan, states, *, seed=0, **given):
    return train_privately(chain(), losses, states, plan, source=lambda *task: spawn(seed, *task), device=CPU, **given)


def weights(module):
    return torch.cat([part.detach().flatten() for part in module.parameters()])


def test_without_noise_it_learns_and_with_noise_it_is_seeded():
    states = rows(300, 2)
    states[:, 1] = (states[:, 0] > 0).long()
    before = float(losses(chain(), states).mean().detach())
    quiet = trained(PrivatePlan(80, 0.3, 5.0, 0.0, 0.02), states)
    assert float(losses(quiet, states).mean().detach()) < before - 0.5
    plan = PrivatePlan(4, 0.3, 1.0, 2.0, 0.01)
    assert torch.equal(weights(trained(plan, states)), weights(trained(plan, states)))
    assert not torch.equal(weights(trained(plan, states)), weights(trained(plan, states, seed=1)))


def test_the_noise_has_the_deviation_that_was_asked_for(monkeypatch):
    taken = []
    step = torch.optim.Adam.step

    def noting(self, *given):
        taken.append(torch.cat([part.grad.flatten() for part in self.param_groups[0]["params"]]))
        return step(self, *given)

    monkeypatch.setattr(torch.optim.Adam, "step", noting)
    states = rows(100)
    trained(PrivatePlan(30, 1e-9, 0.5, 3.0, 1e-4), states)  # hardly any row takes part: noise is all there is
    found = torch.stack(taken) * (1e-9 * 100)
    assert float(found.std()) == pytest.approx(1.5, rel=0.02)
    assert abs(float(found.mean())) < 0.05


def test_a_training_that_was_killed_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    states, plan = rows(60), PrivatePlan(8, 0.5, 1.0, 1.0, 0.01)
    expected = weights(trained(plan, states))
    monkeypatch.setattr(train, "EVERY_SECONDS", -1.0)
    steps = []

    def ended(*task):
        if task == ("rows", 5):
            raise KeyboardInterrupt
        return spawn(0, *task)

    with pytest.raises(KeyboardInterrupt):
        train_privately(chain(), losses, states, plan, source=ended, device=CPU, folder=tmp_path, key="a")
    assert list(tmp_path.glob("training-*.safetensors"))

    def noting(*task):
        steps.append(task)
        return spawn(0, *task)

    found = train_privately(chain(), losses, states, plan, source=noting, device=CPU, folder=tmp_path, key="a")
    assert steps[0] == ("rows", 5)
    assert torch.equal(weights(found), expected)
    assert not list(tmp_path.iterdir())

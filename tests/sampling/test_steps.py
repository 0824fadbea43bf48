"""Known beginnings and long events in stretches: the very same samples and params, in bounded memory."""

import pytest
import torch

import arzoo
from arzoo.context import Series
from arzoo.sampling import steps, stretches

ORDERINGS = [
    arzoo.orderings.Snake((1, 3, 4)),
    arzoo.orderings.RandomOrder((3, 2, 2), seed=4),
    arzoo.orderings.LeftToRight((12,)),
]


@pytest.fixture
def stretching(regression):
    """Builder of a regression whose backbone has `steps`, and notes how many positions each call of it took."""

    class Stretching(regression.incremental):
        calls = ()

        def steps(self, state, previous, position):
            self.calls += (previous.shape[1],)
            columns = [self.step(state, previous[:, k], position + k) for k in range(previous.shape[1])]
            return torch.stack(columns, -1)

    return lambda ordering, head=None: regression(ordering, head or arzoo.heads.Categorical(3), backbone=Stretching)


@pytest.mark.parametrize("ordering", ORDERINGS, ids=repr)
@pytest.mark.parametrize("beginning", [1, 7, 12])
def test_a_known_beginning_passes_in_stretches_and_changes_nothing(
    regression, stretching, ordering, beginning, monkeypatch
):
    monkeypatch.setattr(steps.CachedSteps.stretches, "__defaults__", (5,))
    model, plain = stretching(ordering), regression(ordering, arzoo.heads.Categorical(3))
    x, mask = torch.randint(3, (6, *ordering.event_shape)), torch.zeros(6, 12, dtype=torch.bool)
    mask[:, ordering.symbols[:beginning, 0]], mask[2:, ordering.symbols[-1, 0]] = True, True
    known = {"known": x, "known_mask": mask.view_as(x), "seed": 3}
    drawn, wanted = list(model.stream(6, **known)), list(plain.stream(6, **known))
    assert model.backbone.calls == {1: (1,), 7: (5, 2), 12: (5, 5, 2)}[beginning]
    for one, other in zip(drawn, wanted, strict=True):
        assert one.position == other.position
        assert torch.equal(one.symbols, other.symbols) and torch.equal(one.values, other.values)
        assert one.values.dtype == other.values.dtype
    whole = model.sample(6, **known, max_batch=4, progress=False)
    assert torch.equal(whole, plain.sample(6, **known, progress=False))
    assert torch.equal(whole, model.sample(6, **known, cached=False, progress=False))


def test_only_what_all_samples_know_passes_in_stretches(stretching):
    model, mask = stretching(ORDERINGS[2]), torch.ones(2, 12, dtype=torch.bool)
    mask[1, 4:] = False
    model.sample(2, known=torch.zeros(2, 12).long(), known_mask=mask, progress=False)
    assert model.backbone.calls == (4,)
    model.sample(2, known=torch.zeros(2, 12).long(), known_mask=mask, cached=False, progress=False)
    assert model.backbone.calls == (4,)


def test_modes_are_left_while_a_known_beginning_is_handed_out(stretching):
    model = stretching(ORDERINGS[2]).train()
    known = {"known": torch.zeros(1, 12).long(), "known_mask": torch.arange(12) < 6}
    for _ in model.stream(1, **known):
        assert model.training and torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("ordering", ORDERINGS, ids=repr)
@pytest.mark.parametrize("size", [1, 5, 12, 100])
def test_stretches_side_by_side_are_the_whole_pass(stretching, ordering, size):
    model = stretching(ordering)
    x = torch.randint(3, (4, *ordering.event_shape), dtype=torch.uint8)
    seen = list(stretches(model, x, size=size))
    assert [params.shape[2] for params in seen] == [min(size, 12 - first) for first in range(0, 12, size)]
    wanted = model(x).flatten(2)[:, :, ordering.permutation]
    torch.testing.assert_close(torch.cat(seen, 2), wanted, rtol=0, atol=1e-12)


def test_stretches_need_a_backbone_that_takes_them(regression, stretching):
    x = torch.zeros(1, 1, 2, 3).long()
    with pytest.raises(
        arzoo.ConfigError, match=r"must have .* steps\(\) .*, got a IncrementalRegression\. Use model\(x\)"
    ):
        stretches(regression(), x)
    with pytest.raises(arzoo.ConfigError, match=r"`size` must be a whole number of at least 1, got 0"):
        stretches(stretching(ORDERINGS[2]), torch.zeros(1, 12).long(), size=0)
    with pytest.raises(arzoo.ShapeError, match=r"must lie in 0 \.\.\. 2 .*, got values from 0 to 3"):
        stretches(stretching(ORDERINGS[2]), torch.full((1, 12), 3).where(torch.arange(12) > 0, 0))


class Follower(torch.nn.Module):
    """Says at each position what the series says there."""

    def __init__(self, *_):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, x, context):
        return self.weight * context["local"].repeat_interleave(2, 2)[:, :, : x.shape[-1]]

    def init_state(self, batch, context):
        return context["local"]

    def step(self, state, previous, position):
        return self.weight * state[:, :, position // 2]

    def steps(self, state, previous, position):
        return torch.stack([self.step(state, None, position + k) for k in range(previous.shape[1])], -1)


@pytest.mark.parametrize("shape", [(None,), (7,)], ids=str)
def test_a_series_must_be_as_long_as_the_event(shape):
    ordering, head = arzoo.orderings.LeftToRight(shape), arzoo.heads.Bernoulli()
    model = arzoo.AutoregressiveModel(ordering, Follower(), head, context={"local": Series(1, hop=2)})
    free, x = {"length": 7} if shape == (None,) else {}, torch.zeros(2, 7).long()
    calls = {
        "forward": lambda context: model(x, context),
        "log_prob": lambda context: model.log_prob(x, context),
        "sample": lambda context: model.sample(2, context, progress=False, **free),
        "complete": lambda context: model.complete(x, torch.arange(7) < 3, context, progress=False),
        "stretches": lambda context: list(stretches(model, x, context, size=3)),
    }
    for call in calls.values():
        call({"local": torch.zeros(1, 4)})
        with pytest.raises(arzoo.ContextError, match=r"shape \(2, 1, 4\) at hop 2, got \(1, 3\)"):
            call({"local": torch.zeros(1, 3)})

"""Completion: what is known comes first wherever a model allows it, and where it does not, the answer says so."""

import itertools

import pytest
import torch

import arzoo
from arzoo.orderings import Raster, Spiral
from arzoo.sampling import known_first, known_too_late

LOWER = torch.tensor([[[False, False], [True, True]]])


@pytest.fixture
def follower(regression):
    """Builder of a model that follows any ordering with the same weights."""

    class Follower(regression.incremental):
        def with_ordering(self, ordering):
            other = type(self)(ordering, len(self.bias)).double()
            other.weight, other.bias = self.weight, self.bias
            return other

    def build(ordering=None, head=None):
        return regression(ordering or Raster((1, 2, 2)), head or arzoo.heads.Categorical(3), backbone=Follower)

    return build


def completed(model, x, mask, **options):
    return model.complete(x, mask, progress=False, **options)


def exact(model, known):
    """p(upper row | lower row) of every upper row, by enumeration; known (2,)."""
    rows = torch.tensor(list(itertools.product(range(model.num_levels), repeat=2)))
    events = torch.cat([rows, known.expand(len(rows), 2)], 1).view(-1, 1, 2, 2)
    return rows, model.log_prob(events).softmax(0)


def chi_square(drawn, rows, probabilities):
    counts = torch.stack([(drawn == row).all(1).sum() for row in rows])
    expected = len(drawn) * probabilities
    return (((counts - expected) ** 2) / expected).sum().item()


def test_completions_are_exact_draws_from_the_conditional(follower):
    model, n = follower(), 20_000
    x = torch.tensor([[[[0, 0], [2, 1]]]]).expand(n, 1, 2, 2)
    first = model.with_ordering(known_first(model.ordering, LOWER))
    rows, probabilities = exact(first, x[0, 0, 1])
    assert chi_square(completed(model, x, LOWER)[:, 0, 0], rows, probabilities) < 26.1  # 8 degrees: once in a thousand
    with pytest.warns(UserWarning, match="2 known symbols"):
        blind = completed(model, x, LOWER, reorder=False)
    assert chi_square(blind[:, 0, 0], rows, probabilities) > 1000


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("ordering", [Raster((2, 3, 3)), Spiral((2, 3, 3))], ids=lambda ordering: ordering.name)
def test_any_known_places_are_kept_and_come_first(follower, ordering):
    model, generator = follower(ordering), torch.Generator().manual_seed(0)
    x = torch.randint(0, 3, (20, 2, 3, 3), generator=generator)
    mask = (torch.rand(20, 1, 3, 3, generator=generator) < 0.5).expand_as(x)
    drawn = completed(model, x, mask)
    assert torch.equal(drawn[mask], x[mask])
    assert not torch.equal(drawn[~mask], x[~mask])
    for known in mask:
        first = known_first(model.ordering, known)
        assert not known_too_late(first, known[None]).any()
        unknown = [place for place in model.ordering.symbols.flatten().tolist() if not known.flatten()[place]]
        assert [place for place in first.symbols.flatten().tolist() if not known.flatten()[place]] == unknown


def test_an_event_is_completed_alike_whatever_the_masks_beside_it(follower):
    model, x = follower(), torch.zeros(5, 1, 2, 2).long()
    mask = LOWER.repeat(5, 1, 1, 1)
    mask[1::2] = ~LOWER
    together = completed(model, x, mask, seed=4)
    for k in range(5):
        assert torch.equal(completed(model, x[k : k + 1], mask[k], seed=4, indices=[k]), together[k : k + 1])


def test_an_event_of_the_batch_may_be_whole_or_empty(follower):
    model, x = follower(), torch.ones(3, 1, 2, 2).long()
    mask = torch.stack([LOWER, torch.ones_like(LOWER), torch.zeros_like(LOWER)])
    drawn = completed(model, x, mask)
    assert torch.equal(drawn[mask], x[mask])
    assert torch.equal(drawn[2:], model.sample(1, indices=[2], progress=False))


def test_contexts_go_with_their_events(regression):
    class Follower(regression.labelled):
        def with_ordering(self, ordering):
            other = type(self)(ordering, len(self.bias)).double()
            other.load_state_dict(self.state_dict(), assign=True)
            return other

    context = {"label": arzoo.context.Labels(3)}
    model = regression(Raster((1, 2, 2)), backbone=Follower, context=context)
    x, mask = torch.zeros(4, 1, 2, 2).long(), torch.stack([LOWER, ~LOWER, LOWER, ~LOWER])
    labels = torch.tensor([0, 1, 2, 0])
    together = completed(model, x, mask, context={"label": labels})
    for k in range(4):
        alone = completed(model, x[:1], mask[k], context={"label": labels[k : k + 1]}, indices=[k])
        assert torch.equal(alone[0], together[k])


def test_what_is_ignored_is_counted_in_one_sentence(regression, follower):
    x = torch.zeros(2, 1, 2, 3).long()
    mask = torch.tensor([[0, 0, 0], [1, 1, 1]]).bool()
    sentence = (
        r"^3 known symbols of each event come after unknown ones in the raster ordering .* were ignored for those\."
    )
    with pytest.warns(UserWarning, match=sentence) as said:
        completed(regression(), x, mask)
    assert len(said) == 1
    several = torch.stack([mask, ~mask])[:, None]
    with pytest.warns(UserWarning, match="^up to 3 known symbols of each event"):
        completed(regression(), x, several)
    colours = torch.tensor([False, True, False]).view(3, 1, 1)  # green alone: red comes before it in any ordering
    with pytest.warns(UserWarning, match="^4 known symbols of each event come after .* in the raster ordering"):
        completed(follower(Raster((3, 2, 2))), torch.zeros(1, 3, 2, 2).long(), colours)


@pytest.mark.filterwarnings("error")
def test_nothing_is_said_where_all_that_is_known_bears(regression):
    completed(
        regression(), torch.zeros(2, 1, 2, 3).long(), torch.tensor([1, 0, 0]).bool() | (torch.arange(2) < 1)[:, None]
    )


def test_weights_of_one_ordering_are_not_asked_for_another(follower):
    model, x = follower(), torch.zeros(50, 1, 2, 2).long()
    wanted = completed(model, x, LOWER)
    model.trained_orderings = 1
    with pytest.warns(UserWarning, match=r"ignored for those\. reorder=True puts them first, .* not trained\."):
        own = completed(model, x, LOWER)
    assert not torch.equal(own, wanted)
    assert torch.equal(completed(model, x, LOWER, reorder=True), wanted)
    assert model.with_ordering(Spiral((1, 2, 2))).trained_orderings == 1


def test_a_checkpoint_says_how_many_orderings_it_was_trained_in(tmp_path):
    found = {name: arzoo.load(name).trained_orderings for name in ("made-digits-orderings", "made-digits")}
    assert found == {"made-digits-orderings": 20_000, "made-digits": 1}
    model = arzoo.create("made", "tiny-17")
    assert model.trained_orderings is None
    for said in (None, {"recipe": "by hand"}, {"recipe": {"training": []}}):
        arzoo.save(model, tmp_path, training=said)
        assert arzoo.load(f"local-dir:{tmp_path}").trained_orderings is None


@pytest.mark.parametrize(
    ("mask", "error", "sentence"),
    [
        (torch.ones(1, 2, 3).bool(), arzoo.ConfigError, r"`known_mask` must leave .* got all known\. There is nothing"),
        (
            torch.zeros(1, 2, 3).bool(),
            arzoo.ConfigError,
            r"`known_mask` must leave .* got none known\. Use model\.sample",
        ),
        (torch.ones(1, 3, 2).bool(), arzoo.ShapeError, r"`known_mask` must broadcast to .*2, 3\), got \(1, 3, 2\)"),
        (torch.ones(1, 2, 3), arzoo.ShapeError, r"`known_mask` must be boolean, got torch\.float32"),
    ],
)
def test_masks_that_are_none_are_refused(regression, mask, error, sentence):
    with pytest.raises(error, match=sentence):
        completed(regression(), torch.zeros(2, 1, 2, 3).long(), mask)


def test_another_ordering_is_not_asked_of_a_model_that_has_but_one(regression):
    with pytest.raises(arzoo.ConfigError, match=r"can follow Raster.* alone, got Explicit"):
        completed(regression(), torch.zeros(1, 1, 2, 3).long(), torch.tensor([0, 0, 1]).bool(), reorder=True)


def test_no_event_is_no_mistake(regression):
    assert completed(regression(), torch.zeros(0, 1, 2, 3).long(), torch.zeros(1, 2, 3).bool()).shape == (0, 1, 2, 3)

"""Classes by likelihood, beside Bayes' rule by hand."""

import pytest
import torch
from torch import nn

import arzoo
from arzoo.classification import likeliest
from arzoo.context import Labels, Latent


class Tinted(nn.Module):
    """Logits of each bit that two labels and a number decide."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.first = nn.Parameter(torch.randn(3, 6, generator=generator))
        self.second = nn.Parameter(torch.randn(4, 6, generator=generator))
        self.dropout = nn.Dropout(0.5)

    def forward(self, x, context):
        logits = self.first[context["shape"]] * self.second[context["tint"]] + context.get("bias", torch.zeros(1, 1))
        return self.dropout(logits)[:, None, None, None].expand(len(x), 1, 1, 1, 6)


SHAPE, TINT = Labels(3), Labels(4)


def tinted(**more):
    context = {"shape": SHAPE, "tint": TINT, **more}
    ordering = arzoo.orderings.Raster((1, 1, 6))
    return arzoo.AutoregressiveModel(ordering, Tinted(), arzoo.heads.Bernoulli(), context=context)


def by_hand(model, x):
    """All twelve posteriors up to a constant, one after the other."""
    found = {}
    for shape in range(3):
        for tint in range(4):
            chance = torch.sigmoid(model.backbone.first[shape] * model.backbone.second[tint])
            found[shape, tint] = torch.where(x.flatten() == 1, chance, 1 - chance).prod().item()
    return max(found, key=found.get)


def events():
    return torch.randint(2, (20, 1, 1, 1, 6), generator=torch.Generator().manual_seed(1))


def test_the_classes_are_those_of_bayes_rule(monkeypatch):
    monkeypatch.setattr("arzoo.classification.BATCH", 5)
    model = tinted().train()  # dropout must not decide
    found = [likeliest(model, x) for x in events()]
    assert [(each["shape"], each["tint"]) for each in found] == [by_hand(model, x) for x in events()]
    assert len({tuple(each.values()) for each in found}) > 3
    assert model.training


def test_what_is_known_is_kept():
    model = tinted()
    for x in events():
        found = likeliest(model, x, {"shape": [1]})
        assert found == likeliest(model, x, {"shape": 1})
        nats = [model.eval().log_prob(x, {"shape": 1, "tint": tint}).item() for tint in range(4)]
        assert found == {"tint": nats.index(max(nats))}


def test_nothing_is_sought_where_all_is_known():
    assert likeliest(tinted(), events()[0], {"shape": 1, "tint": 2}) == {}


def test_too_many_combinations_are_refused(monkeypatch):
    monkeypatch.setattr("arzoo.classification.MOST", 11)
    with pytest.raises(arzoo.ContextError, match=r"At most 11 combinations .*, got 12 of shape, tint. Give 'shape'\."):
        likeliest(tinted(), events()[0])


def test_only_labels_are_found():
    with pytest.raises(arzoo.ContextError, match="Only labels can be found from an event, got 'bias', a latent"):
        likeliest(tinted(bias=Latent((1,))), events()[0])

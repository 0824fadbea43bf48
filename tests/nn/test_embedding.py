"""Vectors of levels: whose table they come from, and where they stand among the channels."""

import torch

from arzoo.nn.embedding import LevelEmbedding
from arzoo.nn.masks import channel_groups


def test_every_colour_looks_up_its_own_table():
    embedding = LevelEmbedding(num_colours=2, num_levels=5, channels=3)
    x = torch.randint(0, 5, (4, 2, 3, 2))
    found = embedding(x)
    for b, c, i, j in torch.cartesian_prod(*map(torch.arange, x.shape)).tolist():
        assert torch.equal(found[b, 3 * c : 3 * c + 3, i, j], embedding.weight[c, x[b, c, i, j]])


def test_one_colour_at_a_time_gives_the_same_vectors():
    embedding = LevelEmbedding(num_colours=3, num_levels=4, channels=2)
    x = torch.randint(0, 4, (5, 3), dtype=torch.uint8)
    parts = [embedding(x[:, c : c + 1], first=c) for c in range(3)]
    assert torch.equal(torch.cat(parts, 1), embedding(x))


def test_channels_fall_into_the_groups_of_masked_layers():
    colours = torch.arange(3).view(1, 3, 1, 1).repeat(1, 1, 2, 2)
    embedding = LevelEmbedding(num_colours=3, num_levels=3, channels=4)
    with torch.no_grad():
        embedding.weight.copy_(
            torch.arange(3.0).view(3, 1, 1).expand_as(embedding.weight)
        )  # vectors say whose they are
    assert embedding(colours)[0, :, 0, 0].tolist() == channel_groups(3 * 4, 3).tolist()


def test_levels_beyond_a_byte_have_vectors():
    embedding = LevelEmbedding(num_colours=1, num_levels=300, channels=1)
    assert torch.equal(embedding(torch.tensor([[299]])), embedding.weight[0, 299:])

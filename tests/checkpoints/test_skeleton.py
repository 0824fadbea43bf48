import functools
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

import arzoo
from arzoo import ConfigError
from arzoo.checkpoints.skeleton import largest, outline, uninitialised


class Layers(nn.Module):
    """Every customary way to fill a parameter, and tables that must be filled."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 4)
        self.conv = nn.Conv2d(1, 2, 3)
        self.norm = nn.LayerNorm(4)
        self.embedding = nn.Embedding(5, 2)
        self.xavier = nn.Parameter(torch.empty(3, 3))
        nn.init.xavier_normal_(self.xavier)
        self.truncated = nn.Parameter(torch.empty(3))
        nn.init.trunc_normal_(self.truncated, std=0.02)
        self.constant = nn.Parameter(torch.empty(3))
        nn.init.constant_(self.constant, 0.5)
        table = torch.empty(3)
        nn.init.constant_(table, 2.0)
        self.register_buffer("table", table.mul_(2))
        self.register_buffer("seeded", torch.randn(3, generator=torch.Generator().manual_seed(0)))


@pytest.fixture
def poisoned():
    """New memory holds NaN, so that whatever was filled can be told."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("poisoned")
def test_no_parameter_is_filled_and_every_table_is():
    made = uninitialised(Layers)
    assert {name for name, value in made.named_parameters() if not value.is_meta} == set()
    assert made.table.tolist() == [4.0, 4.0, 4.0]
    assert torch.equal(made.seeded, torch.randn(3, generator=torch.Generator().manual_seed(0)))


@pytest.mark.usefixtures("poisoned")
def test_parameters_are_filled_again_afterwards():
    uninitialised(Layers)
    assert not any(value.isnan().any() for value in Layers().parameters())


def test_requires_grad_may_be_switched_off_while_building():
    def build():
        layer = nn.Linear(2, 2)
        layer.weight.requires_grad_(False)
        return layer

    assert not uninitialised(build).weight.requires_grad


@pytest.mark.parametrize("way", [outline, uninitialised])
def test_the_global_random_state_is_kept(way):
    before = torch.get_rng_state()
    way(lambda: torch.manual_seed(1) and Layers())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.usefixtures("farm")
def test_an_outline_has_shapes_and_no_memory():
    sketch = outline(lambda: arzoo.create("farmgated", width=10**12))
    assert sketch.model.backbone.embedding.weight.shape == (10**12, 6)
    assert all(value.is_meta for value in sketch.model.parameters())


def refuses(build):
    """A builder that says what went wrong as `arzoo.create` does."""

    def told():
        try:
            return build()
        except Exception as error:
            raise ConfigError(f"cannot be built: {error}") from error

    return told


@pytest.mark.parametrize(
    "ask",
    [lambda weight: weight.sum().item(), lambda weight: weight.tolist(), lambda weight: bool(weight.max() > 2)],
)
def test_a_builder_that_needs_values_of_weights_has_no_outline(ask):
    assert outline(refuses(lambda: ask(nn.Linear(2, 3).weight))) is None


class Beside(nn.Module):
    """Two weights, and what `make` computes beside them."""

    def __init__(self, make):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3) * 0.02)
        self.register_buffer("mean", torch.ones(3))
        make(self)


TABLES = {
    "plain attribute": lambda module: torch.arange(4) + 1,
    "from numpy": lambda module: torch.from_numpy(np.arange(4)),
    "triangle": lambda module: torch.ones(3, 3).tril(),
    "written into": lambda module: torch.empty(4).fill_(2.0),
    "seeded": lambda module: torch.randn(3, generator=torch.Generator().manual_seed(0)),
    "too long for the outline": lambda module: torch.arange(100_000),
    "too large for the outline": lambda module: torch.ones(5000, 5000, dtype=torch.uint8),
    "in a list": lambda module: [torch.empty(2).fill_(float(k)) for k in range(2)],
    "in a closure": lambda module: (lambda table: lambda: table)(torch.empty(2).fill_(1.0)),
    "of a saved buffer": lambda module: (module.mean + 1, module.mean[None]),
    "of its place": lambda module: module.mean.device,
    "of a place of its own": lambda module: torch.empty(0).device,
}


def values(thing):
    """A table in a form that can be compared."""
    if callable(thing):
        return values(thing())
    if isinstance(thing, list | tuple):
        return [values(item) for item in thing]
    return (thing.dtype, thing.tolist()) if isinstance(thing, torch.Tensor) else thing


@pytest.mark.parametrize("name", TABLES)
def test_what_is_no_weight_is_true_however_it_is_kept(name):
    def build():
        return Beside(lambda module: setattr(module, "table", TABLES[name](module)))

    sketch = outline(build)
    made = sketch.model if sketch.whole else uninitialised(build)
    assert values(made.table) == values(build().table)


@pytest.mark.parametrize("name", ["plain attribute", "from numpy", "triangle"])
def test_a_model_with_small_tables_is_built_once(name):
    assert outline(lambda: Beside(lambda module: setattr(module, "table", TABLES[name](module)))).whole


LEFT = {
    "a parameter in a list": lambda module: [nn.Parameter(torch.randn(3))],
    "a table computed from weights": lambda module: module.weight.detach() * 2,
    "weights added to a table": lambda module: torch.ones(3).add_(module.weight.detach()),
    "a product of a table and weights": lambda module: torch.ones(3, 3) @ nn.Linear(3, 3).weight.detach(),
    "where the weights lie": lambda module: module.weight.device,
}


@pytest.mark.parametrize("name", LEFT)
def test_what_came_of_weights_and_is_not_saved_is_not_taken_from_the_outline(name):
    """The last three would look like values, though they are none."""
    assert not outline(lambda: Beside(lambda module: setattr(module, "left", LEFT[name](module)))).whole


def test_a_module_that_asks_where_its_weights_lie_is_told_the_truth():
    def build():
        return Beside(lambda module: setattr(module, "place", module.weight.device))

    assert uninitialised(build).place == torch.device("cpu")


def test_a_cache_that_outlives_the_model_keeps_no_tensor_without_values():
    mask = functools.cache(lambda size: torch.ones(size, size).tril())
    outline(lambda: Beside(lambda module: setattr(module, "mask", mask(3))))
    assert mask(3).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_an_outline_of_huge_tables_takes_no_memory():
    def build():
        return Beside(lambda module: setattr(module, "table", [torch.zeros(10**6, 10**6), torch.arange(10**12)]))

    assert outline(build).model.table[0].is_meta


@pytest.mark.parametrize(
    "fill",
    [
        lambda weight: setattr(weight, "data", torch.eye(3)[0]),
        lambda weight: weight.data.copy_(torch.arange(3)),
        lambda weight: weight.data.mul_(torch.linspace(0, 1, 3)),
    ],
)
def test_weights_may_be_filled_from_a_table(fill):
    assert outline(refuses(lambda: Beside(lambda module: fill(module.weight)))).model.weight.is_meta


def test_weights_times_a_number_keep_shape_and_dtype():
    def build():
        return Beside(
            lambda module: setattr(module, "thirds", nn.Parameter(torch.randn(2, 3, dtype=torch.half) / 3 - 1))
        )

    made = outline(build).model
    assert (made.thirds.shape, made.thirds.dtype, made.thirds.is_meta) == ((2, 3), torch.half, True)


def test_an_outline_imports_no_compiler():
    """What torch works out in Python on the meta device takes a second, and a hundred megabytes."""
    code = """
import sys, torch
from torch import nn
from arzoo.checkpoints.skeleton import outline

def build():
    layer = nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 2, 3))
    layer.extra = nn.Parameter(torch.randn(3) * 0.02)
    layer.register_buffer("mask", torch.ones(9, 9).tril(-1), persistent=False)
    layer.places = torch.arange(9)[:, None] / 9
    return layer

assert outline(build).whole
sys.exit("sympy" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("way", [outline, uninitialised])
def test_a_builder_that_refuses_is_asked_once(way):
    """A refusal has nothing to do with where tensors lie, and to build for true what is refused takes memory."""
    asked = []

    def build():
        asked.append(1)
        raise ConfigError("`width` must not be 13, got 13.")

    with pytest.raises(ConfigError, match=r"`width` must not be 13, got 13"):
        way(build)
    assert len(asked) == 1


def test_masks_far_larger_than_the_weights_are_made_without_values():
    def build():
        def mask(module):
            side = torch.arange(4000)
            return [side[:, None] >= side + k for k in range(3)]

        return Beside(lambda module: setattr(module, "masks", mask(module)))

    assert outline(refuses(build)).model.masks[0].is_meta
    assert not outline(refuses(build), weights=12_000_000).model.masks[0].is_meta


class Packed(nn.Module):
    """As many weights as a mask shows, which takes its values to be told."""

    def __init__(self, size):
        super().__init__()
        degrees = torch.from_numpy(np.arange(size))
        self.places = (degrees[:, None] >= degrees).flatten().nonzero()
        self.weight = nn.Parameter(torch.empty(len(self.places)))


def test_a_mask_that_must_have_values_is_refused_before_it_is_made():
    build = refuses(lambda: Packed(10**7))
    assert outline(build) is None
    with pytest.raises(ConfigError, match="a tensor of 100000000000000 values is no part of a model of "):
        uninitialised(build, largest(1000))


def test_what_is_written_into_a_part_of_a_mask_is_not_stretched_over_it():
    def mask(size):
        whole = torch.zeros(size, size, 1, 1)
        whole[:, :, 0, 0] = torch.ones(size, size).tril()  # as one shape, (size, size, size, size)
        return whole

    module = uninitialised(lambda: Beside(lambda module: setattr(module, "mask", mask(300))), most=90_000)
    assert module.mask.sum() == 300 * 301 / 2


@pytest.mark.parametrize(
    "make", [lambda: torch.zeros(10**6, 10**6), lambda: torch.arange(10**12), lambda: torch.full((10**12,), 1.0)]
)
def test_a_huge_table_is_refused_before_it_is_made(make):
    with pytest.raises(ConfigError, match="a tensor of 1000000000000 values is no part of a model of these weights"):
        uninitialised(refuses(lambda: Beside(lambda module: setattr(module, "table", make()))), largest(1000))


def test_large_numbers_are_no_large_table():
    module = uninitialised(lambda: Beside(lambda module: setattr(module, "drawn", torch.randint(2**40, (3,)))), 100)
    assert module.drawn.shape == (3,)


def test_masks_of_weights_that_fit_may_be_larger():
    assert largest(0, fitting=True) > 12_288**2 > largest(0)
    assert largest(10**6) - largest(0) > 10 * 10**6

"""Compiled steps draw the same, with an end of programs."""

import shutil
import warnings

import pytest
import torch

import arzoo
from arzoo.sampling import compiled

LONG = arzoo.orderings.LeftToRight((40,))


class Rows(torch.nn.Module):
    """A sum of what came before, weighed anew at the beginning of each row of eight; two kinds of positions."""

    def __init__(self, ordering, num_params):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.linspace(-1, 1, num_params, dtype=torch.float64))

    def forward(self, x):
        state = self.init_state(len(x))
        return torch.stack([self.step(state, x[:, [k - 1]], k) for k in range(x.shape[1])], -1)

    def init_state(self, batch, context=None):
        return {"sum": self.weight.new_zeros(batch, 1), "seen": self.weight.new_zeros(batch, 40)}

    def step(self, state, previous, position):
        if position:
            state["sum"] += previous
            state["seen"][:, position - 1 : position] = previous.to(self.weight.dtype)
        if position % 8 == 0:
            state["sum"] *= 0.5
        return torch.sin(state["sum"] + state["seen"].sum(1, keepdim=True)) * self.weight


class Restless(Rows):
    """Takes another program at every position."""

    def __init__(self, ordering, num_params):
        super().__init__(ordering, num_params)
        self.table = [k % 3 + k for k in range(40)]

    def step(self, state, previous, position):
        return super().step(state, previous, position) * (1 + self.table[position])


@pytest.fixture
def programs(monkeypatch):
    """The count of programs from zero, made by no compiler at all: what is compared is how torch cuts the steps."""
    torch._dynamo.reset()
    monkeypatch.setattr(compiled, "_inductor", lambda graph, inputs: graph.forward)
    monkeypatch.setattr(compiled.PROGRAMS, "made", 0)
    monkeypatch.setattr(compiled.PROGRAMS, "failed", 0)
    monkeypatch.setattr(compiled, "FAILED", set())
    yield compiled.PROGRAMS
    torch._dynamo.reset()
    compiled._compiled.cache_clear()


def same(model, n=3, **options):
    x = model.sample(n, progress=False, compile=True, **options)
    assert torch.equal(x, model.sample(n, progress=False, **options))
    return x


def test_a_handful_of_programs_serves_all_positions(regression, programs):
    model = regression(LONG, arzoo.heads.Categorical(3), backbone=Rows)
    same(model)
    assert 1 <= programs.made <= 6  # the first, the second, a row, between
    made = programs.made
    same(model, seed=5)
    same(model, n=4, max_batch=2)
    assert programs.made == made  # nothing is made for another batch, or another size of it
    drawn = [values for _, _, values in model.stream(3, compile=True)]
    assert torch.equal(torch.cat(drawn, 1), model.sample(3, progress=False))
    assert programs.made == made


def test_there_is_an_end_to_programs_that_fit_one_position_each(regression, programs):
    model = regression(LONG, arzoo.heads.Categorical(3), backbone=Restless)
    sentence = r"step\(\) of Restless took programs .* of their own at 10 of 10 positions\. .* drawn uncompiled\."
    with pytest.warns(UserWarning, match=sentence) as said:
        same(model)
    assert len(said) == 1
    assert programs.made == 10


def test_a_compiler_that_is_missing_is_said_once_and_changes_nothing(regression, programs, monkeypatch):
    def missing(graph, inputs):
        raise FileNotFoundError("No working C++ compiler found: (None, '/none')\nLook at the manual.")

    monkeypatch.setattr(compiled, "_inductor", missing)
    model = regression(LONG, arzoo.heads.Categorical(3), backbone=Rows)
    sentence = r"torch.compile does not work here \(FileNotFoundError: No working C\+\+ compiler found: .*\)\. Going on uncompiled\.$"
    with pytest.warns(UserWarning, match=sentence) as said:
        same(model)
    assert len(said) == 1
    assert "manual" not in str(said[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(model, seed=5)
    assert programs.made == 1


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="there is no C++ compiler")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("name", "config"), [("imagegpt", "tiny-17"), ("pixelcnn", "tiny-17")])
def test_compiled_models_draw_the_same(name, config):
    torch._dynamo.reset()
    same(arzoo.create(name, config=config).double().eval(), n=4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("name", ["imagegpt", "pixelcnn"])
def test_compiled_models_draw_the_same_on_a_gpu(name):
    torch._dynamo.reset()
    same(arzoo.create(name, config="tiny-17").double().eval().to("cuda"), n=4)

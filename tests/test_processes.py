"""Two processes on one machine draw what one does, bit for bit."""

import os
import subprocess
import sys

import pytest
import torch
from torch import distributed

import arzoo
from arzoo.processes import gathered, is_first, launched, own_share, several

DRAWS = [{"n": 5}, {"n": 5, "max_batch": 1, "seed": 9}, {"n": 1}, {"n": 0}, {"n": 3, "indices": [7, 1, 1]}]


class Logits(torch.nn.Module):
    """Depends on how many ones came before, and on the label; notes how many events it was asked for."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(0.5, dtype=torch.float64))
        self.batches = []

    def forward(self, x, context):
        before = x.flatten(1).cumsum(1).view_as(x).to(self.weight.dtype) - x
        return (self.weight * before + context["label"].view(-1, 1, 1, 1) - 1)[:, None]

    def init_state(self, batch, context):
        self.batches.append(batch)
        return {"ones": self.weight.new_zeros(batch, 1), "label": context["label"][:, None]}

    def step(self, state, previous, position):
        state["ones"] += previous * (position > 0)
        return self.weight * state["ones"] + state["label"] - 1


def model_of():
    context = {"label": arzoo.context.Labels(3)}
    return arzoo.AutoregressiveModel(
        arzoo.orderings.Raster((1, 3, 4)), Logits(), arzoo.heads.Bernoulli(), context=context
    )


def draw(**options):
    """The samples of a request, each event with a label of its own."""
    labels = torch.arange(options["n"]) % 3
    return model_of().sample(context={"label": labels}, progress=False, **options).tolist()


def started(rank, world_size, code, *words, store=None, port=None):
    environment = {
        **os.environ,
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(world_size),
        "OMP_NUM_THREADS": "1",
    }
    environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)} if port else {}
    command = [sys.executable, "-W", "error", code, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_two_processes_draw_what_one_does(tmp_path):
    running = [started(rank, 2, __file__, str(rank), str(tmp_path)) for rank in range(2)]
    outputs = [process.communicate(timeout=120) for process in running]
    for out, err in outputs:
        assert out, err
    for line, options in enumerate(DRAWS):
        wanted = repr(draw(**options))
        assert [out.splitlines()[line] for out, _ in outputs] == [wanted, wanted]
    shares = [out.splitlines()[-1] for out, _ in outputs]
    assert shares == ["False [2, 1, 1, 1] [4]", "False [3, 1, 1, 1, 1, 2] [4]"]


def test_a_lone_process_has_all_the_work():
    assert not several() and is_first()
    assert own_share(5) == slice(0, 5)
    assert torch.equal(gathered(torch.arange(3), 3), torch.arange(3))


@pytest.mark.parametrize("count", [0, 1, 5, 6, 1000])
def test_shares_side_by_side_are_the_whole(monkeypatch, count):
    monkeypatch.setattr("arzoo.processes.several", lambda: True)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 4)
    rows, sizes = [], []
    for rank in range(4):
        monkeypatch.setattr(distributed, "get_rank", lambda rank=rank: rank)
        rows += range(count)[own_share(count)]
        sizes.append(own_share(count).stop - own_share(count).start)
    assert rows == list(range(count))
    assert max(sizes) - min(sizes) <= 1


def test_nothing_is_joined_without_a_launcher(monkeypatch):
    for size in (None, "1"):
        monkeypatch.setenv("WORLD_SIZE", size) if size else monkeypatch.delenv("WORLD_SIZE", raising=False)
        with launched():
            assert not distributed.is_initialized()


if __name__ == "__main__":  # one of the two processes
    rank, folder = int(sys.argv[1]), sys.argv[2]
    distributed.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    batches = []
    for options in DRAWS:
        sys.stdout.write(repr(draw(**options)) + "\n")
    for options in DRAWS:
        model = model_of()
        model.sample(context={"label": 0}, progress=False, **options)
        batches += model.backbone.batches
    model = model_of()
    if rank == 0:  # would wait for the other for ever, were it shared
        model.sample(4, {"label": 0}, progress=False, shared=False)
    sys.stdout.write(f"{is_first() == bool(rank)} {batches} {model.backbone.batches or [4]}\n")
    distributed.destroy_process_group()

"""Batches that the memory does not hold are halved, which changes no sample."""

import re

import pytest
import torch

import arzoo

CUDA = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nSee the documentation.")
HOST = RuntimeError("[enforce fail at alloc_cpu.cpp:121] data. DefaultCPUAllocator: can't allocate memory: you tried")
NUMPY = MemoryError()


@pytest.fixture
def roomy(regression):
    """Builder of a regression that has room for so many events at a time: roomy(room, error), its batches noted."""

    def build(room, error, at="init_state", **options):
        class Roomy(regression.incremental):
            batches = ()

            def init_state(self, batch, context=None):
                self.batches += (batch,)
                self._look(batch, "init_state")
                return super().init_state(batch, context)

            def step(self, state, previous, position):
                if position == 3:
                    self._look(len(previous), "step")
                return super().step(state, previous, position)

            def _look(self, batch, place):
                if batch > room and place == at:
                    raise error

        return regression(backbone=Roomy, **options)

    return build


@pytest.mark.parametrize("error", [CUDA, HOST, NUMPY], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("at", ["init_state", "step"])
def test_a_batch_that_does_not_fit_is_halved_and_the_samples_stay(regression, roomy, error, at):
    model = roomy(3, error, at)
    with pytest.warns(UserWarning, match="memory is too small") as said:
        x = model.sample(16, seed=2, progress=False)
    assert torch.equal(x, regression().sample(16, seed=2, progress=False))
    assert model.backbone.batches == (16, 8, 4, 2, 2, 2, 2, 2, 2, 2, 2)
    assert [
        re.findall(r"for (\d+) samples of Roomy at a time\. Going on with max_batch=(\d+)", str(w.message))
        for w in said
    ] == [
        [("16", "8")],
        [("8", "4")],
        [("4", "2")],
    ]


def test_what_was_drawn_before_is_not_drawn_again(regression, roomy):
    model, whole = roomy(99, HOST), regression().sample(7, progress=False)
    model.backbone._look = lambda batch, place: (
        (_ for _ in ()).throw(HOST) if len(model.backbone.batches) == 2 else None
    )
    with pytest.warns(UserWarning, match=r"for 3 samples .* max_batch=1"):
        assert torch.equal(model.sample(7, max_batch=3, progress=False), whole)
    assert model.backbone.batches == (3, 3, 1, 1, 1, 1)


def test_no_room_for_one_is_one_sentence(roomy):
    sentence = (
        r"A sample of Roomy must fit the memory, there is no room for max_batch=1 "
        r"\(CUDA out of memory\. Tried to allocate 2\.00 GiB\.\)\. Use a device with more memory"
    )
    with (
        pytest.warns(UserWarning, match="max_batch=1"),
        pytest.raises(arzoo.MemoryLimitError, match=sentence) as raised,
    ):
        roomy(0, CUDA).sample(2, progress=False)
    assert isinstance(raised.value, MemoryError) and "\n" not in str(raised.value)


def test_the_room_of_a_real_machine_is_what_torch_says(regression):
    class Huge(regression.incremental):
        def init_state(self, batch, context=None):
            if batch > 2:
                torch.empty(2**60, dtype=torch.uint8)
            return super().init_state(batch, context)

    with pytest.warns(UserWarning, match=r"max_batch=2"):
        x = regression(backbone=Huge).sample(4, progress=False)
    assert torch.equal(x, regression().sample(4, progress=False))


def test_another_error_is_not_taken_for_a_lack_of_memory(roomy):
    with pytest.raises(RuntimeError, match=r"^a mistake$"):
        roomy(0, RuntimeError("a mistake")).sample(2, progress=False)


@pytest.mark.parametrize("max_batch", [0, -1, 1.5, True])
def test_a_limit_that_is_none_is_refused(regression, max_batch):
    with pytest.raises(arzoo.ConfigError, match=rf"`max_batch` must be a whole number of at least 1, got {max_batch}"):
        regression().sample(2, max_batch=max_batch, progress=False)

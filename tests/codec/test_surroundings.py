import copy

import pytest
import torch

import arzoo
from arzoo.codec.surroundings import differences, in_dtype, set_as, surroundings, weights_sha256


def test_surroundings_say_what_the_arithmetic_depends_on(regression):
    found = surroundings(regression())
    assert found["dtype"] == "float64"
    assert found["torch"] == torch.__version__
    assert found["threads"] == torch.get_num_threads()
    assert found["capability"] == torch.backends.cpu.get_cpu_capability()
    assert set(found) == {"threads", "dtype", "torch", "arzoo", "constriction", "capability", "machine"}
    assert differences(found, found) == ""
    assert differences(found, {**found, "threads": 99}) == f"threads is 99 here and was {found['threads']}"


def test_threads_are_set_for_the_time_being():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), set_as({"threads": before + 1}):
        assert torch.get_num_threads() == before + 1
        raise KeyError
    assert torch.get_num_threads() == before


def test_another_dtype_is_another_model_and_leaves_the_first():
    model = arzoo.load("made-digits")
    other = in_dtype(model, "float64")
    assert in_dtype(model, "float32") is model
    assert {parameter.dtype for parameter in other.parameters()} == {torch.float64}
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_the_digest_tells_weights_and_what_they_mean():
    model = arzoo.load("made-digits-orderings")
    moved, turned = copy.deepcopy(model), model.with_ordering(arzoo.orderings.Snake(model.event_shape))
    with torch.no_grad():
        next(moved.parameters()).view(-1)[0] += 1e-6
    digests = [weights_sha256(each) for each in (model, moved, turned, in_dtype(model, "float64"))]
    assert len(set(digests)) == 4
    assert digests[0] == weights_sha256(arzoo.load("made-digits-orderings"))

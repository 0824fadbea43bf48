import pytest
import torch

import arzoo
from arzoo.data import Batch, load_dataset
from arzoo.training import throughput
from arzoo.training.journal import read_journal
from arzoo.training.learner import NatsPerDim
from arzoo.training.throughput import Throughput, flops_per_item, throughput_of, told

CPU = torch.device("cpu")
DIGITS = load_dataset("digits", "train").with_context([])


def objective(**arguments):
    return NatsPerDim(arzoo.create("toyfarm", **arguments))


@pytest.mark.parametrize("items", [1, 5])
def test_the_operations_of_an_item_are_those_of_its_convolutions(toyfarm, items):
    """Rows above: 3 inputs of one channel to 8 of 64 pixels, then 8 to 17; their gradients cost as much again each.

    The first layer's input needs no gradient.
    """
    above, params = 2 * 64 * 3 * 8, 2 * 64 * 8 * 17
    network = objective()
    assert flops_per_item(network, DIGITS.batch(range(items))) == 2 * above + 3 * params
    assert all(parameter.grad is None for parameter in network.parameters())


def test_the_context_goes_along(toyfarm):
    labels = {"label": {"kind": "labels", "num_classes": 10}}
    batch = Batch(DIGITS.batch([0, 1]).x, {"label": torch.tensor([3, 4])})
    assert flops_per_item(objective(context=labels), batch) == flops_per_item(objective(), DIGITS.batch([0]))


def test_figures_follow_from_items_a_second():
    found = Throughput(3e9, 2e11, "").figures(20.004)
    assert found == {"items_per_second": 20.0, "flops_per_second": 60012000000, "share_of_peak": 0.3001}


def test_the_peak_is_that_of_all_processes_in_the_precision_of_the_recipe(toyfarm, monkeypatch):
    asked = []

    def peak(dtype, device, seconds, sides):
        asked.append(dtype)
        return arzoo.roofline.Rate(1e9, "matrices")

    monkeypatch.setattr(throughput, "peak", peak)
    throughput._peak.cache_clear()
    for precision in ("bf16", "float32", "bf16"):
        found = throughput_of(objective(), DIGITS.batch([0]), precision, CPU, processes=3)
        assert (found.peak_flops_per_second, found.peak_of) == (3e9, "matrices")
    throughput._peak.cache_clear()
    assert asked == [torch.bfloat16, torch.float32]  # once a process each


def test_a_run_reports_it_in_log_and_provenance(trained):
    out = trained("run")
    training = arzoo.checkpoints.config_of(f"local-dir:{out}").training
    lines = read_journal(out / "log.jsonl")
    for figures in [training, *(line for line in lines if line["event"] in ("step", "end"))]:
        flops = figures["items_per_second"] * training["flops_per_item"]
        assert figures["flops_per_second"] == pytest.approx(flops, rel=0.01)
        assert figures["share_of_peak"] == pytest.approx(flops / training["peak_flops_per_second"], abs=1e-3)
    assert training["flops_per_item"] == lines[0]["flops_per_item"] > 0
    assert training["peak_of"] == "a product of 1024 x 1024 matrices, float32"
    assert told(training).endswith("of what this machine reaches in products of matrices")


def test_the_speed_is_that_of_all_lives_of_a_run(trained):
    first = arzoo.checkpoints.config_of(f"local-dir:{trained('run')}").training
    again = arzoo.checkpoints.config_of(f"local-dir:{trained('run', resume=True)}").training
    assert again["items_per_second"] == pytest.approx(first["items_per_second"], rel=0.3)

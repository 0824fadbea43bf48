import pytest

from arzoo.roofline import Rate, Work, floor_of


@pytest.mark.parametrize(("operations", "seconds", "bound"), [(1e9, 0.02, "weights"), (1e10, 0.1, "operations")])
def test_the_floor_is_the_longer_of_reading_and_multiplying(operations, seconds, bound):
    work = Work(operations=operations, weight_bytes=2e8, working_set=10**9)
    floor = floor_of(work, Rate(1e10, "reads"), Rate(1e11, "multiplies"))
    assert floor.seconds == pytest.approx(seconds)
    assert floor.bound == bound

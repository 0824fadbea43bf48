import pytest
from planted import batches, heads, leaks, steps, training
from planted.fault import Fault

from arzoo.testing import check_model

FAULTS = [*leaks.FAULTS, *batches.FAULTS, *heads.FAULTS, *steps.FAULTS, *training.FAULTS]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_named_by_the_check_meant_for_it_and_by_no_other(fault: Fault):
    report = check_model(fault.build)
    assert [failure.check for failure in report.failures] == [fault.check], str(report)

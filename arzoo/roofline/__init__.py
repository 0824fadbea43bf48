"""What a step takes, what the machine could do at most, and so the least time that the step can take."""

from arzoo.roofline.counting import Work, count_work
from arzoo.roofline.floors import Floor, floor_of
from arzoo.roofline.machine import Rate, bandwidth, peak, synchronized

__all__ = ["Floor", "Rate", "Work", "bandwidth", "count_work", "floor_of", "peak", "synchronized"]

"""The toys and their faults are imported as the package `planted`, which pytest's importlib mode does not find by itself."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

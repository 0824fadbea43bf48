"""The benchmark page: one file that shows every model of the zoo side by side, as far as they may be compared."""

from arzoo.benchmark.page.boards import Board, Figure, figure_of
from arzoo.benchmark.page.reading import Found, Shown, read_zoo
from arzoo.benchmark.page.rendering import rendered, write_page

__all__ = ["Board", "Figure", "Found", "Shown", "figure_of", "read_zoo", "rendered", "write_page"]

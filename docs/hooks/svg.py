"""Panels of squares in SVG, which take the colours of the page that they stand in, light or dark."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

SIDE = 15
"""Pixels from a square to the next."""
TITLE = 20


@dataclass(frozen=True)
class Panel:
    """A drawing with a title.

    Args:
        title: What stands above it.
        width: Of the drawing, in pixels.
        height: Likewise, without the title.
        body: SVG, from the corner (0, 0).
    """

    title: str
    width: float
    height: float
    body: str = field(repr=False)


def figure(panels: Sequence[Panel], caption: str) -> str:
    """Panels side by side, above a caption: one block of HTML without a blank line, which ends one in Markdown."""
    drawn = "".join(map(_svg, panels))
    return f'<figure class="drawn" markdown="0"><div>{drawn}</div><figcaption>{caption}</figcaption></figure>'


def _svg(panel: Panel) -> str:
    width, height = max(panel.width, 6.2 * len(panel.title)) + 2, panel.height + TITLE + 2
    title = html.escape(panel.title)
    return (
        f'<svg width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'role="img" aria-label="{title}">'
        f'<text x="1" y="12">{title}</text>'
        f'<g transform="translate(1 {TITLE})">{panel.body}</g></svg>'
    )


def squares(title: str, kinds: Sequence[Sequence[str]], texts: Sequence[Sequence[object]] | None = None) -> Panel:
    """A grid of squares.

    Args:
        title: What stands above it.
        kinds: Class of each square: "seen", "blind", "later", "self", or a number from 0 to 1 for how strongly.
        texts: What stands in each.
    """
    cells = [
        _square(i, j, kind, texts[i][j] if texts else "") for i, row in enumerate(kinds) for j, kind in enumerate(row)
    ]
    return Panel(title, SIDE * len(kinds[0]), SIDE * len(kinds), "".join(cells))


def _square(i: int, j: int, kind: str, text: object) -> str:
    x, y, side = SIDE * j, SIDE * i, SIDE - 2
    strength = f' style="fill-opacity:{kind}"' if kind[:1].isdigit() else ""
    name = "strength" if strength else kind
    square = f'<rect x="{x}" y="{y}" width="{side}" height="{side}" class="{name}"{strength}/>'
    label = f'<text x="{x + side / 2}" y="{y + 10}" class="small">{text}</text>' if text != "" else ""
    return square + label


def sight(title: str, seen: Tensor, earlier: Tensor, here: Sequence[int]) -> Panel:
    """Which pixels one pixel sees.

    Args:
        title: What stands above it.
        seen: Booleans (H, W).
        earlier: Booleans (H, W): what comes before it.
        here: Row and column of the pixel.
    """

    def kind(i: int, j: int) -> str:
        if (i, j) == tuple(here):
            return "self seen" if seen[i, j] else "self"
        return "seen" if seen[i, j] else "blind" if earlier[i, j] else "later"

    rows, columns = seen.shape
    return squares(title, [[kind(i, j) for j in range(columns)] for i in range(rows)])


def matrix(title: str, shown: Tensor) -> Panel:
    """A mask, (out, in): what is shown."""
    return squares(title, [["seen" if each else "later" for each in row] for row in shown.tolist()])


def strengths(title: str, values: Tensor, here: Sequence[int]) -> Panel:
    """How strongly each pixel bears on one, by the root of its share of the strongest."""
    shares = (values / values.max().clamp(min=1e-12)).sqrt().tolist()
    kinds = [[f"{share:.2f}" for share in row] for row in shares]
    kinds[here[0]][here[1]] = "self"
    return squares(title, kinds)


def bars(title: str, values: Tensor, label: Callable[[int], str], *, width: int = 360, height: int = 90) -> Panel:
    """Bars from left to right, the highest as high as the panel, heights by the root.

    Args:
        title: What stands above it.
        values: Of each bar, none below 0.
        label: What stands below a bar, by its number; of most nothing.
        width: Of all bars.
        height: Of the highest.
    """
    step, roots = width / len(values), (values / values.max()).sqrt().tolist()
    drawn = [
        f'<rect x="{k * step:.1f}" y="{height * (1 - root):.1f}" width="{max(step - 1, 1):.1f}" '
        f'height="{height * root:.1f}" class="seen"/>'
        for k, root in enumerate(roots)
    ]
    below = [
        f'<text x="{(k + 0.5) * step:.1f}" y="{height + 14}" class="small">{label(k)}</text>'
        for k in range(len(values))
    ]
    return Panel(title, width, height + 18, "".join(drawn + [each for each in below if "></text>" not in each]))


def pictures(title: str, rows: Sequence[Sequence[Tensor]], *, side: int = 5) -> Panel:
    """Rows of pictures.

    Args:
        title: What stands above them.
        rows: Pictures of one size, (H, W) from 0 to 1, 1 the strongest.
        side: Pixels of a square.
    """
    height, width = (side * (size + 2) for size in rows[0][0].shape)
    body = [
        f'<g transform="translate({width * across} {height * down})">{_shades(each, side)}</g>'
        for down, row in enumerate(rows)
        for across, each in enumerate(row)
    ]
    return Panel(title, width * len(rows[0]), height * len(rows), "".join(body))


def _shades(picture: Tensor, side: int) -> str:
    return "".join(
        f'<rect x="{side * j}" y="{side * i}" width="{side}" height="{side}" class="strength" '
        f'style="fill-opacity:{shade:.2f}"/>'
        for i, row in enumerate(picture.clamp(0, 1).tolist())
        for j, shade in enumerate(row)
    )


def numbers(title: str, order: Tensor) -> Panel:
    """A path over the pixels: at which step each comes, (H, W), the later the lighter."""
    last = max(1, int(order.max()))
    kinds = [[f"{0.75 - 0.7 * step / last:.2f}" for step in row] for row in order.tolist()]
    return squares(title, kinds, order.tolist())

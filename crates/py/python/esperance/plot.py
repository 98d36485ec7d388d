"""Pictures of a report with matplotlib: lines, dots with their errors, bars, levels, cells.

Colours are those of the report: Okabe and Ito's hues, which colour-blind readers can tell apart; series
differ by dash and mark as well. Lines and levels are named at their right end, the rest in a legend.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ._esperance import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A figure as the report holds it: ``name``, ``title``, ``caption``, ``x``, ``y``, ``series``.
Figure = Mapping[str, Any]

#: Okabe and Ito's hues, each with a contrast of 3 or more on white.
COLOURS = ("#0072b2", "#d55e00", "#00785a", "#aa4499", "#946800", "#3b6fd4", "#555555", "#882255")
_QUIET, _GRID = "#57606a", "#d8dee4"
#: Dashes of levels, in line widths.
_DASHES = ((10.0, 4.0), (2.0, 3.0), (10.0, 3.0, 2.0, 3.0), (5.0, 3.0))
#: Levels further from the data than this many of its spans are named, not drawn.
_NEAR = 2.0
#: A line ends at the right edge if no more than this share of the width is free.
_NEAR_END = 0.1
#: Dots beyond this number are small.
_MANY = 100
#: Points.
_LETTERS, _LINE = 8.5, 1.8


def draw(figures: Mapping[str, Figure], which: int | str = 0, ax: Axes | None = None) -> Axes:
    """One of the pictures of a report. Needs matplotlib.

    Parameters
    ----------
    figures : mapping
        The pictures as data, by name: ``solution.figures``.
    which : int or str
        Which: its name, or its number from 0.
    ax : matplotlib.axes.Axes, optional
        Where it is drawn; without it in a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        There is no such picture; the sentence names those there are.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> from esperance.plot import draw
    >>> points = {"points": [[1, 2.0], [2, 2.5]], "errors": [0.1, 0.2]}
    >>> dots = {"name": "", "mark": "dots", "hue": "own", **points}
    >>> axis = {"label": "steps", "logarithmic": False}
    >>> figure = {"title": "Value", "x": axis, "y": {**axis, "label": "u"}, "series": [dots]}
    >>> ax = draw({"value": figure}, "value")
    >>> ax.get_ylabel()
    'u'
    """
    figure = _chosen(figures, which)
    if ax is None:
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            raise ImportError(
                "a picture needs matplotlib: pip install matplotlib. Without it solution.figures are the "
                "numbers, and out= writes a report with the same pictures"
            ) from None
        made = cast(Any, plt).subplots(figsize=(7.2, 4.2), layout="constrained")
        paper, ax = cast("tuple[Any, Axes]", made)
        paper.get_layout_engine().set(w_pad=0.1)
    _Picture(ax, figure).draw()
    return ax


def _chosen(figures: Mapping[str, Figure], which: object) -> Figure:
    names = list(figures)
    if not names:
        raise InputError("figure: this solution has no pictures. A run that was interrupted early has none.")
    if isinstance(which, str):
        found = figures.get(which)
        if found is not None:
            return found
        raise InputError(f"figure: `{which}` is no picture of this solution. Known here: {', '.join(names)}.")
    if isinstance(which, bool) or not hasattr(which, "__index__"):
        raise InputError(f"figure: {which!r}. A number from 0, or one of {', '.join(names)}.")
    k = int(cast(Any, which).__index__())
    if not -len(names) <= k < len(names):
        raise InputError(
            f"figure: {k}, and there are {len(names)} pictures. A number from 0 to {len(names) - 1}, "
            f"or one of {', '.join(names)}."
        )
    return figures[names[k]]


@dataclass
class _Series:
    """One thing drawn, and how."""

    name: str
    mark: str
    x: list[float]
    y: list[float]
    errors: list[float]
    colour: str
    beside: bool
    counts: list[int]
    sides: Sequence[float]
    dash: tuple[float, ...] | None = None


@dataclass
class _Picture:
    """A figure on its way onto axes."""

    ax: Axes
    figure: Figure
    #: Names at the right edge: height in data, name, colour.
    named: list[tuple[float, str, str]] = field(default_factory=lambda: [])
    #: Levels beyond the axis: whether above, name, colour.
    beyond: list[tuple[bool, str, str]] = field(default_factory=lambda: [])
    #: Whether lines are named at their ends, as they all go to the right edge.
    direct: bool = True

    def draw(self) -> None:
        ax, figure = cast(Any, self.ax), self.figure
        for axis, scale in ((figure["x"], ax.set_xscale), (figure["y"], ax.set_yscale)):
            if axis["logarithmic"]:
                scale("log", nonpositive="clip")
        all_of = _series(figure)
        colours: dict[str, set[str]] = {}
        for one in all_of:
            colours.setdefault(one.name, set()).add(one.colour)
        lines = [one for one in all_of if one.mark in ("line", "broken")]
        several = {name for name, own in colours.items() if len(own) > 1}
        if lines:
            self._across(lines)
        last: _Series | None = None
        for one in all_of:
            if one.mark != "level":
                self._mark(one, last, one.name in several)
                last = one
        self._levels([one for one in all_of if one.mark == "level"])
        ax.set_title(figure["title"], loc="left", fontsize=11, fontweight="bold")
        ax.set_xlabel(figure["x"]["label"])
        ax.set_ylabel(figure["y"]["label"])
        ax.grid(axis="y", color=_GRID, linewidth=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        self._legend(all_of, several)
        self._names()

    def _across(self, lines: list[_Series]) -> None:
        """Whether lines are named at their ends; ticks at whole steps."""
        ax = cast(Any, self.ax)
        first, last = min(min(one.x) for one in lines), max(max(one.x) for one in lines)
        self.direct = all(last - one.x[-1] <= _NEAR_END * (last - first) for one in lines)
        whole = all(x % 1 == 0 for one in lines for x in one.x)
        if whole and last - first >= 4 and not self.figure["x"]["logarithmic"]:
            ax.xaxis.get_major_locator().set_params(integer=True)

    def _mark(self, one: _Series, last: _Series | None, many: bool) -> None:
        """Draws a series; names it at its end where it is a line of one colour."""
        ax, log = cast(Any, self.ax), self.figure["y"]["logarithmic"]
        label = one.name
        if one.mark in ("line", "broken"):
            direct = self.direct and not many
            if direct:
                self._name(one.y[-1], one.name, one.colour)
            style: Any = (0, (6.0, 4.0)) if one.mark == "broken" else "-"
            label = "" if direct else one.name
            (line,) = ax.plot(one.x, one.y, color=one.colour, linewidth=_LINE, linestyle=style, label=label)
            line.set_solid_joinstyle("round")
            pair = last is not None and (last.name, last.mark, last.x) == (one.name, one.mark, one.x)
            if one.beside and pair and last is not None:
                ax.fill_between(one.x, last.y, one.y, color=one.colour, alpha=0.12, linewidth=0)
        elif one.mark == "dots":
            # Dots on a line are named with it.
            label = "" if any(name == one.name for _, name, _ in self.named) else one.name
            few = len(one.x) <= _MANY
            bars = [2.0 * error for error in one.errors] if any(one.errors) else None
            ax.errorbar(
                one.x, one.y, yerr=bars, fmt="o", color=one.colour, label=label,
                alpha=0.9 if few else 0.6, markersize=5.2 if few else 2.6, markeredgecolor="none",
                elinewidth=1.2, capsize=3 if few else 0, rasterized=len(one.x) > 5000,
            )  # fmt: skip
        elif one.mark == "bars":
            floor = None if log else 0.0
            options = {"label": label, "facecolor": _faint(one.colour, 0.3), "edgecolor": one.colour}
            ax.stairs(one.y[:-1], one.x, baseline=floor, fill=True, linewidth=1.2, **options)
        else:
            self._cells(one)

    def _cells(self, one: _Series) -> None:
        """Squares, the darker the more stands in them: shades of the logarithm of the count."""
        from matplotlib.collections import PolyCollection

        across, up = (0.5 * side for side in one.sides)
        corners = ((-across, -up), (across, -up), (across, up), (-across, up))
        places = [[(x + a, y + b) for a, b in corners] for x, y in zip(one.x, one.y)]
        most = max(math.log(max(one.counts, default=1)), 1e-300)
        shades = [_faint(one.colour, 0.2 + 0.8 * math.log(count) / most) for count in one.counts]
        label = f"{one.name}, up to {max(one.counts, default=0)} in a cell" if one.name else ""
        cells = cast(Any, PolyCollection)(places, facecolors=shades, edgecolors="none", label=label)
        ax = cast(Any, self.ax)
        ax.add_collection(cells)
        ax.autoscale_view()

    def _levels(self, levels: list[_Series]) -> None:
        """Broken horizontal lines: those near the data are drawn and are on the axis, all are named."""
        ax, log = cast(Any, self.ax), self.figure["y"]["logarithmic"]
        drawn = bool(ax.lines or ax.patches or ax.collections)
        low, high = ax.dataLim.intervaly if drawn else (-math.inf, math.inf)
        far = _NEAR * (high - low) if drawn else math.inf
        for one in levels:
            at = one.y[0]
            if log and at <= 0:
                self.beyond.append((False, one.name, one.colour))
            elif log or not drawn or low - far <= at <= high + far:
                ax.axhline(at, color=one.colour, linewidth=1.4, linestyle=(0, one.dash))
                self._name(at, one.name, one.colour)
            else:
                self.beyond.append((at > high, one.name, one.colour))

    def _name(self, height: float, name: str, colour: str) -> None:
        if name and all(name != known for _, known, _ in self.named):
            self.named.append((height, name, colour))

    def _legend(self, all_of: list[_Series], several: set[str]) -> None:
        """What has no end to be named at; things of one name and several colours are grey there."""
        from matplotlib.lines import Line2D

        ax = cast(Any, self.ax)
        entries: dict[str, Any] = {}
        for handle, name in zip(*ax.get_legend_handles_labels()):
            entries.setdefault(name, handle)
        for one in all_of:
            if one.name in several and one.name in entries:
                shape = {"dots": {"marker": "o", "linestyle": ""}, "broken": {"linestyle": "--"}}
                entries[one.name] = cast(Any, Line2D)([], [], color=_QUIET, **shape.get(one.mark, {}))
        if entries:
            n = sum(len(one.x) for one in all_of)
            ax.legend(
                list(entries.values()), list(entries), fontsize=_LETTERS, frameon=True, framealpha=0.85,
                loc="best" if n < 2000 else "upper left", edgecolor="none",
            )  # fmt: skip

    def _names(self) -> None:
        """Names at the right edge, moved apart where they would stand on each other."""
        ax = cast(Any, self.ax)
        if not (self.named or self.beyond):
            return
        to_axes = ax.transData + ax.transAxes.inverted()
        x = ax.get_xlim()[1]
        heights = [(float(to_axes.transform((x, y))[1]), name, colour) for y, name, colour in self.named]
        rows = sorted([(h, h, name, colour) for h, name, colour in heights])
        for above, name, colour in self.beyond:
            row = (1.0 if above else 0.0, math.nan, f"{name} {'↑' if above else '↓'} outside", colour)
            rows.insert(len(rows) if above else 0, row)
        points = 72.0 * ax.get_window_extent().height / ax.figure.dpi
        apart = _apart([row[0] for row in rows], 1.45 * _LETTERS / points)
        for (_, own, name, colour), at in zip(rows, apart):
            leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.7, "alpha": 0.6, "relpos": (0.0, 0.5)}
            ax.annotate(
                name, xy=(1.0, at if math.isnan(own) else own), xycoords="axes fraction", xytext=(1.03, at),
                textcoords="axes fraction", color=colour, fontsize=_LETTERS, va="center", ha="left",
                arrowprops=None if math.isnan(own) else {**leader, "shrinkA": 1, "shrinkB": 0},
                annotation_clip=False,
            )  # fmt: skip


def _series(figure: Figure) -> list[_Series]:
    """The series of a figure with their colours and dashes, empty ones left out."""
    found: list[_Series] = []
    colour = levels = 0
    for one in cast("Sequence[Mapping[str, Any]]", figure["series"]):
        if one["hue"] == "own" or colour == 0:
            colour += 1
        points = cast("Sequence[Sequence[float]]", one["points"])
        if not points:
            continue
        made = _Series(
            name=one["name"],
            mark=one["mark"],
            x=[float(point[0]) for point in points],
            y=[float(point[1]) for point in points],
            errors=[float(error) for error in cast("Sequence[float]", one.get("errors") or ())],
            colour=COLOURS[(colour - 1) % len(COLOURS)],
            beside=one["hue"] != "own",
            counts=list(cast("Sequence[int]", one.get("counts") or ())),
            sides=cast("Sequence[float]", one.get("sides") or (1.0, 1.0)),
        )
        if made.mark == "level":
            made.dash = _DASHES[levels % len(_DASHES)]
            levels += 1
        found.append(made)
    return found


def _faint(colour: str, share: float) -> tuple[float, float, float, float]:
    """A colour that lets shine through."""
    r, g, b = (int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5))
    return (r, g, b, min(share, 1.0))


def _apart(heights: list[float], least: float) -> list[float]:
    """Heights in increasing order, moved as little as that so that neighbours are `least` apart.

    The nearest in least squares: with g_k = h_k − k·least it is the increasing regression of g, found by
    pooling neighbours that stand in the wrong order.
    """
    pools: list[tuple[float, int]] = []
    for k, height in enumerate(heights):
        mean, n = height - k * least, 1
        while pools and pools[-1][0] > mean:
            other, m = pools.pop()
            mean, n = (mean * n + other * m) / (n + m), n + m
        pools.append((mean, n))
    flat = [mean for mean, n in pools for _ in range(n)]
    return [g + k * least for k, g in enumerate(flat)]

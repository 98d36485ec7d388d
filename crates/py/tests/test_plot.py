"""Pictures: every figure of a report is drawn with matplotlib, whole and as the report draws it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import esperance as es

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
matplotlib.use("Agg")

from esperance.plot import COLOURS, draw  # noqa: E402

CASES = {"hjb-lqg-10d": {}, "lqg-1d": {"run.iterations": 40}, "lennard-jones": {"run.iterations": 60}}


@pytest.fixture(scope="module", params=list(CASES))
def solved(request: pytest.FixtureRequest) -> Any:
    """A quick solution of a family."""
    return es.solve(request.param, quick=True, seed=1, progress=False, **CASES[request.param])


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No figure stays open."""
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def axis(label: str, logarithmic: bool = False) -> dict[str, Any]:
    return {"label": label, "logarithmic": logarithmic}


def series(
    mark: str, points: list[list[float]], name: str = "", hue: str = "own", **more: Any
) -> dict[str, Any]:
    return {"name": name, "mark": mark, "hue": hue, "points": points, "errors": [], **more}


def figure(*all_of: dict[str, Any], x: bool = False, y: bool = False) -> dict[str, dict[str, Any]]:
    one = {"name": "one", "title": "One", "caption": "", "x": axis("time t (ps)", x), "y": axis("E (eV)", y)}
    return {"one": {**one, "series": list(all_of)}}


def names(ax: Any) -> list[str]:
    """Names at the right edge, from below."""
    return [text.get_text() for text in ax.texts]


def test_every_figure_of_a_report_is_drawn_with_all_its_names(solved: Any) -> None:
    assert solved.figures
    for name, data in solved.figures.items():
        ax = draw(solved.figures, name)
        ax.figure.canvas.draw()
        assert ax.get_title(loc="left") == data["title"]
        assert (ax.get_xlabel(), ax.get_ylabel()) == (data["x"]["label"], data["y"]["label"])
        scales = ["log" if data[way]["logarithmic"] else "linear" for way in ("x", "y")]
        assert [ax.get_xscale(), ax.get_yscale()] == scales
        shown = names(ax) + [text.get_text() for text in getattr(ax.get_legend(), "texts", [])]
        for one in data["series"]:
            if one["points"]:
                assert any(text.startswith(one["name"]) for text in shown), (name, one["name"], shown)


def test_every_point_lies_inside_and_no_name_is_cut_off_or_covers_another(solved: Any) -> None:
    for name, data in solved.figures.items():
        ax = draw(solved.figures, name)
        # The layout settles at the second drawing.
        ax.figure.canvas.draw()
        ax.figure.canvas.draw()
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        for one in data["series"]:
            for x, y in one["points"] if one["mark"] != "level" else []:
                left_out = y <= 0 and data["y"]["logarithmic"]
                assert left <= x <= right and (low <= y <= high or left_out), name
        paper = ax.figure.bbox
        boxes = [text.get_window_extent() for text in ax.texts]
        assert all(box.x0 >= ax.bbox.x1 and box.x1 <= paper.x1 for box in boxes), name
        heights = sorted(text.get_position()[1] * ax.bbox.height for text in ax.texts)
        size = max((text.get_fontsize() for text in ax.texts), default=0.0) * ax.figure.dpi / 72.0
        assert all(b - a > size for a, b in zip(heights, heights[1:])), name


def test_plot_of_a_solution_takes_names_numbers_and_axes(solved: Any) -> None:
    import matplotlib.pyplot as plt

    every = list(solved.figures)
    assert solved.plot().get_title(loc="left") == solved.figures[every[0]]["title"]
    assert solved.plot(every[-1]).get_title(loc="left") == solved.plot(-1).get_title(loc="left")
    ax = plt.subplots()[1]
    assert solved.plot(every[1], ax=ax) is ax
    for wrong in ("levelz", len(every), -len(every) - 1, 1.5, True, None):
        with pytest.raises(es.InputError, match=f"figure: .*{every[0]}"):
            solved.plot(wrong)


def test_nothing_global_is_changed() -> None:
    before = dict(matplotlib.rcParams)
    draw(figure(series("line", [[0, 1], [1, 2]], "a"), series("level", [[0, 1.5]], "b")))
    assert dict(matplotlib.rcParams) == before


def test_bars_of_dots_are_two_standard_errors() -> None:
    ax = draw(figure(series("dots", [[1, 2], [2, 3]], "u", errors=[0.1, 0.25])))
    (bars,) = ax.containers
    segments = [[tuple(map(float, end)) for end in one] for one in bars.lines[2][0].get_segments()]
    assert segments == [[(1, 1.8), (1, 2.2)], [(2, 2.5), (2, 3.5)]]


def test_bars_close_at_the_last_point_and_stand_on_zero() -> None:
    ax = draw(figure(series("bars", [[0, 3], [1, 5], [2, 5]], "n")))
    (steps,) = ax.patches
    values, edges, base = steps.get_data()
    assert (list(values), list(edges), base) == ([3, 5], [0, 1, 2], 0)
    assert ax.get_ylim()[0] == 0


def test_levels_near_are_drawn_and_those_far_are_named() -> None:
    line = series("line", [[0, 1], [1, 2]], "f")
    levels = [series("level", [[0, at]], name) for name, at in (("near", 3.5), ("far", 9.0), ("deep", -9.0))]
    ax = draw(figure(line, *levels))
    assert len(ax.lines) == 2
    low, high = ax.get_ylim()
    assert low < 1 and 3.5 < high < 5
    assert names(ax) == ["deep ↓ outside", "f", "near", "far ↑ outside"]


def test_a_logarithmic_axis_leaves_out_what_is_not_above_zero() -> None:
    points = [[0.0, 1.0], [1.0, 0.1], [2.0, 0.01]]
    dots = series("dots", points, "e", errors=[0.1, 0.1, 0.1])
    ax = draw(figure(dots, series("level", [[0, -1]], "zero"), y=True))
    assert 1e-4 < ax.get_ylim()[0] < 0.01
    assert "zero ↓ outside" in names(ax)


def test_cells_are_darker_the_more_stands_in_them() -> None:
    points = [[0.25, 0.25], [0.75, 0.75], [0.25, 0.75]]
    ax = draw(figure(series("cells", points, "pairs", counts=[1, 100, 10], sides=[0.5, 0.5])))
    (cells,) = ax.collections
    shades = [float(colour[3]) for colour in cells.get_facecolor()]
    assert shades == pytest.approx([0.2, 1.0, 0.6])
    corners = [list(map(float, corner)) for corner in cells.get_paths()[0].vertices[:4]]
    assert corners == [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]
    assert ax.get_xlim()[0] <= 0 and ax.get_xlim()[1] >= 1


def test_lines_of_one_name_enclose_a_band() -> None:
    low, high = [[0, 1], [1, 1]], [[0, 2], [1, 3]]
    ax = draw(figure(series("line", low, "half"), series("line", high, "half", hue="before")))
    assert len(ax.collections) == 1 and names(ax) == ["half"]
    assert len({line.get_color() for line in ax.lines}) == 1
    apart = draw(figure(series("line", low, "half"), series("line", high, "half")))
    assert len(apart.collections) == 0 and len({line.get_color() for line in apart.lines}) == 2


def luminance(colour: str) -> float:
    """The luminance of WCAG 2."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_can_be_seen_and_repeat_after_eight() -> None:
    assert all(1.05 / (luminance(colour) + 0.05) >= 3.0 for colour in COLOURS)
    lines = [series("line", [[0, k], [1, k]], f"line {k}") for k in range(len(COLOURS) + 1)]
    ax = draw(figure(*lines))
    drawn = [line.get_color() for line in ax.lines]
    assert drawn == [*COLOURS, COLOURS[0]]


def test_without_matplotlib_a_sentence_says_how_to_get_it() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from esperance.plot import draw\n"
        "axis = {'label': '', 'logarithmic': False}\n"
        "draw({'a': {'title': '', 'x': axis, 'y': axis, 'series': []}})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: a picture needs matplotlib: pip install")

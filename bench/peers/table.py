"""Results as markdown: a row for each work, times and ratios as best / median."""

from contest import Result


def cell(result: Result | None) -> str:
    """Milliseconds."""
    if result is None:
        return "–"
    return f"{result.best:.2f} / {result.median:.2f}" if result.times else "failed"


def ratio(first: Result, others: list[Result]) -> str:
    """The least of the others over the first."""
    finished = [one for one in others if one.times]
    if not (first.times and finished):
        return "–"
    best = min(one.best for one in finished) / first.best
    median = min(one.median for one in finished) / first.median
    return f"{best:.2f} / {median:.2f}"


def markdown(rows: dict[str, list[Result]], last: str) -> str:
    """The table of works and their results; `last` says what the ratio is of."""
    names = list(dict.fromkeys(one.name for results in rows.values() for one in results))
    lines = [["", *names, last], ["---"] * (len(names) + 2)]
    for work, results in rows.items():
        found = {one.name: one for one in results}
        cells = [cell(found.get(name)) for name in names]
        lines.append([work, *cells, ratio(results[0], results[1:])])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

"""Ctrl-C: within half a second, nothing lost, nothing of Rust on the terminal; other signals keep their own
exceptions."""

from __future__ import annotations

import contextlib
import copy
import pickle
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import esperance as es
from esperance.progress import Progress

#: Seconds from the signal to the exception.
SOON = 0.5
FEW = {"run.fresh-paths": 1024}
MEASURED = ("seconds", "ms_per_iteration", "peak_rss_mb")

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="no timers of signals on this system"
)


class Heard:
    """When the signal was sent, and what it raised."""

    sent: float
    error: BaseException | None = None
    seconds: float = 0.0

    @property
    def solution(self) -> es.Solution:
        return self.error.solution


@contextlib.contextmanager
def interrupted_after(delay: float, handler=None):
    """An interruption from outside: a timer sends the signal, Python's own handler raises."""
    heard = Heard()

    def alarm(_number, _frame):
        heard.sent = time.perf_counter()
        if handler is not None:
            handler()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, delay)
    try:
        yield heard
    except BaseException as error:
        heard.seconds = time.perf_counter() - heard.sent
        heard.error = error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def interrupted_at(iteration: int):
    """An interruption as soon as a run tells that it has made so many iterations."""
    heard = Heard()

    def listen(self, made, of, loss, stage, said):
        if made >= iteration and not stage:
            heard.sent = time.perf_counter()
            signal.raise_signal(signal.SIGINT)

    before, Progress.__call__ = Progress.__call__, listen
    try:
        yield heard
    except BaseException as error:
        heard.seconds = time.perf_counter() - heard.sent
        heard.error = error
    finally:
        Progress.__call__ = before


def checked(heard: Heard) -> es.Solution:
    assert isinstance(heard.error, es.Interrupted) and isinstance(heard.error, KeyboardInterrupt)
    assert heard.seconds < SOON, f"{heard.seconds:.3f} s"
    assert heard.solution.verdict == "interrupted" and "interrupted" in heard.solution.text
    return heard.solution


def unmeasured(solution):
    return {key: value for key, value in solution.json.items() if key not in MEASURED}


def hjb(**options):
    given = {"quick": True, "seed": 3, "iterations": 60, "progress": False, **FEW}
    return es.solve("hjb-lqg-10d", **{**given, **options})


@pytest.fixture(scope="module")
def whole():
    return hjb()


@pytest.mark.parametrize("delay", [0.25, 0.45])
def test_while_it_is_trained(whole, delay):
    with interrupted_after(delay) as heard:
        hjb(iterations=3000)
    solution = checked(heard)
    with pytest.raises(es.NumericError, match="no answer"):
        solution.answer
    assert solution.interval is None and solution.levels == [] and solution.bounds is None
    assert solution.baselines == {} and list(solution.error) == [] and repr(solution.error)
    assert solution.why.startswith("interrupted at iteration")
    assert solution._repr_html_().startswith("<pre>") and solution.seconds > 0
    with pytest.raises(es.NumericError, match="there is no answer: interrupted"):
        float(solution)


@pytest.mark.parametrize(
    ("case", "iterations", "further"),
    [
        ("hjb-lqg-10d", 150, {"run.fresh-paths": 256, "problem.steps": [10]}),
        ("lqg-1d", 400, {}),
        ("lennard-jones", 900, {}),
    ],
)
def test_resumed_to_the_same_bits(case, iterations, further):
    options = {"quick": True, "seed": 3, "iterations": iterations, "progress": False, **further}
    whole_of = es.solve(case, **options)
    with interrupted_at(1) as heard:
        es.solve(case, **options)
    solution = checked(heard)
    for form in (solution, pickle.loads(pickle.dumps(solution)), copy.deepcopy(solution)):
        assert form.verdict == "interrupted" and form.case == solution.case
    again = pickle.loads(pickle.dumps(solution)).resume(progress=False)
    assert unmeasured(again) == unmeasured(whole_of)
    assert np.array_equal(again.trace["validation"], whole_of.trace["validation"])


def test_what_was_trained_is_a_function():
    with interrupted_after(0.4) as heard:
        hjb(iterations=3000, **{"model.dim": 2, "problem.steps": [4]})
    solution = checked(heard)
    assert len(solution.trace["iteration"]) >= 1
    values, errors = solution(0.5, np.zeros((3, 2)))
    assert values.shape == errors.shape == (3,) and np.all(np.isfinite(values)) and np.all(errors > 0)


def test_an_interrupted_training_has_no_potential_yet():
    with interrupted_after(0.2) as heard:
        es.solve("lennard-jones", progress=False)
    with pytest.raises(es.InputError, match="the training was interrupted"):
        checked(heard).potential


def test_in_the_pilot_before_anything():
    with interrupted_after(0.02) as heard:
        es.solve("storage-100", quick=True, progress=False)
    solution = checked(heard)
    assert solution.name == "storage-100" and "devices = 100" in solution.case


def test_before_anything_was_begun(whole, monkeypatch, tmp_path):
    """A signal between the case and its run: the solution begins anew, in a new folder too."""
    for out in (None, tmp_path / "run"):
        with monkeypatch.context() as patch:
            patch.setattr("esperance.solving._solve", lambda *_: signal.raise_signal(signal.SIGINT))
            with pytest.raises(es.Interrupted) as caught:
                hjb(out=out)
        solution = caught.value.solution
        assert solution.verdict == "interrupted" and not (tmp_path / "run").exists()
        assert unmeasured(solution.resume(progress=False)) == unmeasured(whole)
    assert unmeasured(es.load(tmp_path / "run")) == unmeasured(whole)


def test_a_solution_that_begins_anew(whole):
    """What stands for a run that left nothing at all."""
    from esperance._esperance import Case
    from esperance._stopped import Stopped

    case = Case.open("hjb-lqg-10d")
    case.quicken()
    for key, value in {"run.seed": 3, "run.iterations": 60, **FEW}.items():
        case.put(key, value)
    solution = es.Solution(Stopped(case, None))
    assert solution.verdict == "interrupted" and solution.interval is None and solution.name == "hjb-lqg-10d"
    assert len(solution.trace["iteration"]) == 0 and solution.paths == {} and solution.figures == {}
    assert list(solution.error) == [] and solution.levels == [] and solution.baselines == {}
    with pytest.raises(es.NumericError, match="nothing was trained"):
        solution(0.0, np.zeros(10))
    with pytest.raises(es.InputError, match="no gradient at its start"):
        solution.gradient()
    kept = pickle.loads(pickle.dumps(solution))
    assert unmeasured(kept.resume(progress=False)) == unmeasured(whole)


def test_while_the_answer_is_computed():
    with interrupted_after(0.6) as heard:
        hjb(iterations=1, **{"run.fresh-paths": 400_000})
    solution = checked(heard)
    assert solution._outcome["goes_on"]


def test_while_an_iteration_takes_longer():
    """Half a second is kept; what the iteration brings is waited for where it is asked for."""
    with interrupted_after(0.9) as heard:
        es.solve("storage-100", progress=False)
    solution = checked(heard)
    assert solution.why.startswith("interrupted at iteration") and solution._outcome["goes_on"]
    assert solution.trace["iteration"][0] == 0


def test_while_a_function_is_asked():
    solution = hjb(iterations=1, **{"run.fresh-paths": 4096})
    points = np.random.default_rng(0).normal(size=(2_000, 10))
    with interrupted_after(0.3) as heard:
        solution(0.5, points)
    assert isinstance(heard.error, es.Interrupted) and heard.seconds < SOON
    assert heard.solution is solution
    assert np.isfinite(float(solution(0.5, points[0])))


def test_a_folder_is_saved_and_goes_on(whole, tmp_path):
    with interrupted_at(1) as heard:
        hjb(out=tmp_path / "run")
    solution = checked(heard)
    assert (tmp_path / "run" / "checkpoint.safetensors").is_file() and solution.folder == str(
        tmp_path / "run"
    )
    again = solution.resume(progress=False)
    assert unmeasured(again) == unmeasured(whole) == unmeasured(es.load(tmp_path / "run"))
    with interrupted_at(1) as heard:
        hjb(out=tmp_path / "other")
    checked(heard)
    assert unmeasured(hjb(out=tmp_path / "other", resume=True)) == unmeasured(whole)


def test_a_loop_over_seeds_stops():
    done = []
    with interrupted_after(0.8) as heard:
        for seed in range(1000):
            done.append(hjb(seed=seed, iterations=5, **{"run.fresh-paths": 256}))
    assert isinstance(heard.error, KeyboardInterrupt) and heard.seconds < SOON
    assert 0 < len(done) < 100 and all(one.verdict != "interrupted" for one in done)


AXES = {"model.constants.lambda": list(range(1, 200)), "expect.answer.value": [4.0] * 199}


def test_a_sweep_keeps_what_it_has():
    with interrupted_after(0.8) as heard:
        es.sweep(
            "hjb-lqg-100d-lambda",
            quick=True,
            progress=False,
            **{"run.iterations": 5, "sweep.over": AXES, "model.dim": 5, **FEW},
        )
    assert isinstance(heard.error, es.Interrupted) and heard.seconds < SOON
    assert len(heard.error.solutions) >= 1
    assert all(one.verdict != "interrupted" for one in heard.error.solutions)


def test_two_signals_leave_at_once(tmp_path):
    """A folder is waited for; a second signal does not wait."""
    began = time.perf_counter()
    with interrupted_after(0.3) as heard:
        signal.setitimer(signal.ITIMER_REAL, 0.3, 0.05)
        es.solve("storage-100", out=tmp_path / "run", progress=False)
    assert isinstance(heard.error, es.Interrupted)
    assert time.perf_counter() - began < 1.0
    assert heard.solution.verdict == "interrupted"


def test_an_alarm_keeps_its_exception():
    def late():
        raise TimeoutError("an hour is over")

    with interrupted_after(0.3, handler=late) as heard:
        hjb(iterations=3000)
    assert type(heard.error) is TimeoutError and str(heard.error) == "an hour is over"
    assert heard.seconds < SOON
    assert hjb(iterations=1).value


def test_an_exception_of_progress_is_raised():
    """Whoever listens may stop a run."""

    class Stop(Exception):
        pass

    def listen(self, *_):
        raise Stop

    before, Progress.__call__ = Progress.__call__, listen
    try:
        with pytest.raises(Stop):
            hjb(iterations=3000)
    finally:
        Progress.__call__ = before


def test_a_program_is_interrupted_by_ctrl_c():
    """The real signal, Python's own handler, a terminal of its own."""
    program = """
        import esperance as es
        try:
            print("ready", flush=True)
            es.solve("hjb-lqg-100d", progress=False)
        except es.Interrupted as error:
            print(error.solution.verdict, flush=True)
            raise
    """
    running = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout.readline() == "ready\n"
    time.sleep(0.8)
    running.send_signal(signal.SIGINT)
    sent = time.perf_counter()
    assert running.stdout.readline() == "interrupted\n"
    assert time.perf_counter() - sent < SOON
    _, errors = running.communicate(timeout=10)
    assert "panicked" not in errors and ".rs" not in errors
    assert errors.strip().splitlines()[-1].startswith("esperance.Interrupted: interrupted at iteration")
    assert running.returncode in (-signal.SIGINT, 1, 130)


def test_not_in_the_main_thread():
    """Python hears signals on the main thread: a run on another goes on, and ends."""
    import threading

    found = []
    worker = threading.Thread(target=lambda: found.append(hjb(iterations=20)))
    with interrupted_after(0.05) as heard:
        worker.start()
        while worker.is_alive():
            time.sleep(0.01)
    worker.join()
    assert type(heard.error) is KeyboardInterrupt
    assert found[0].answer == hjb(iterations=20).answer

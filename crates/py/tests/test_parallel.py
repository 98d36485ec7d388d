"""Many runs at once: processes by fork and by spawn, threads, joblib; each has the bits it has alone."""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import esperance as es

SEEDS = range(1, 5)


def solved(seed: int) -> es.Solution:
    return es.solve(
        "hjb-lqg-10d",
        quick=True,
        iterations=5,
        seed=seed,
        progress=False,
        **{"model.dim": 2, "problem.steps": [4], "run.fresh-paths": 256},
    )


def digits(seed: int) -> tuple[float, float]:
    solution = solved(seed)
    return solution.answer.value, solution.answer.error


def asked(pair):
    solution, x = pair
    return solution(0.25, x).value


@pytest.fixture(scope="module")
def alone():
    found = [digits(seed) for seed in SEEDS]
    assert len(set(found)) == len(SEEDS)
    return found


STARTS = [one for one in ("fork", "spawn", "forkserver") if one in multiprocessing.get_all_start_methods()]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("start", STARTS)
def test_processes(alone, start):
    # Threads of this process have worked before the fork.
    assert digits(1) == alone[0]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(start)) as pool:
        assert list(pool.map(digits, SEEDS, timeout=60)) == alone


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("start", [one for one in STARTS if one != "forkserver"])
def test_a_solution_and_its_function_in_another_process(start):
    solution = solved(1)
    x = np.array([[0.5, -0.25], [0.0, 1.0]])
    wanted = asked((solution, x))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(start)) as pool:
        assert np.array_equal(pool.submit(asked, (solution, x)).result(timeout=60), wanted)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_function_that_was_asked_before_a_fork():
    """Its threads do not follow: the child makes its own, and does not wait for ever."""
    solution = solved(1)
    x = np.array([[0.5, -0.25], [0.0, 1.0]])
    wanted = asked((solution, x))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, solution(0.25, x).value.tobytes())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        found = np.frombuffer(pipe.read())
    os.waitpid(child, 0)
    assert np.array_equal(found, wanted)


def test_threads(alone):
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(digits, [*SEEDS, *SEEDS])) == alone + alone


def test_one_function_asked_by_many_threads():
    solution = solved(1)
    points = [np.array([[0.1 * k, -0.2 * k]]) for k in range(6)]
    wanted = [asked((solution, x)) for x in points]
    fresh = solved(1)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(asked, [(fresh, x) for x in points]))
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted))


def test_traced_by_many_threads():
    def text(k):
        return es.Equation(20, 1.0, terminal=lambda x: np.sum(np.sin(k * x)) + x[k]).model["terminal"]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(text, range(20))) == [text(k) for k in range(20)]


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_joblib(alone, backend):
    joblib = pytest.importorskip("joblib")
    jobs = (joblib.delayed(digits)(seed) for seed in SEEDS)
    assert joblib.Parallel(n_jobs=2, backend=backend)(jobs) == alone


def test_solutions_come_back_from_joblib():
    joblib = pytest.importorskip("joblib")
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(solved)(seed) for seed in (1, 2))
    assert [one.answer for one in found] == [solved(seed).answer for seed in (1, 2)]
    assert found[0](0.5, [0.1, 0.2]).value == solved(1)(0.5, [0.1, 0.2]).value


def test_no_state_is_shared():
    """What was solved before changes nothing after."""
    first = digits(2)
    es.solve("lqg-1d", quick=True, iterations=3, seed=9, progress=False)
    np.random.seed(7)
    before = np.random.get_state()[1].copy()
    with np.errstate(all="raise"):
        assert digits(2) == first
    assert np.array_equal(np.random.get_state()[1], before)
    assert not [name for name in vars(sys.modules["esperance"]) if name.startswith("set_")]

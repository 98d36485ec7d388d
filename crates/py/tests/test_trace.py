"""Traced against called: the formula of a function has NumPy's values and derivatives, and its text reads
back to the same; what cannot be traced says so at the line of the user."""

from __future__ import annotations

import copy
import math
import statistics

import numpy as np
import pytest

import esperance as es
from esperance import Traced, _call, _numpy
from esperance._esperance import Expr

T = Traced(Expr.variable("t"))


def variable(d: int) -> Traced:
    return Traced(Expr.variable("x", d))


def close(found, wanted, tolerance=1e-12):
    found, wanted = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    assert found.shape == wanted.shape
    scale = np.maximum(1.0, np.abs(wanted))
    assert np.all(np.abs(found - wanted) <= tolerance * scale), (found, wanted)


# ---- random formulas


class Grammar:
    """Random functions of t and x as Python text. Values stay moderate, so that digits can be compared."""

    def __init__(self, seed: int, d: int) -> None:
        self.random, self.d = np.random.default_rng(seed), d
        self.constants = {
            "A": self.random.normal(size=(d, d)) / d,
            "w": self.random.normal(size=d),
        }

    def pick(self, *options):
        return options[self.random.integers(len(options))]

    def number(self, depth: int) -> str:
        if depth == 0:
            i = self.random.integers(-self.d, self.d)
            return self.pick("t", f"x[{i}]", f"x[{i}]", f"({self.random.normal():.3f} * x[{i}])")
        s, v = (lambda: self.number(depth - 1)), (lambda: self.vector(depth - 1))
        return self.pick(
            lambda: f"np.sin({s()})",
            lambda: f"np.cos({s()} + t)",
            lambda: f"np.exp(np.tanh({s()}))",
            lambda: f"np.tanh({s()})",
            lambda: f"np.log1p(({s()}) ** 2)",
            lambda: f"np.log(1.5 + np.sin({s()}))",
            lambda: f"np.sqrt(1 + np.square({s()}))",
            lambda: f"np.arcsinh({s()})",
            lambda: f"np.sinh(np.tanh({s()}))",
            lambda: f"np.logaddexp({s()}, {s()})",
            lambda: f"np.hypot({s()}, 0.5)",
            lambda: f"np.abs({s()})",
            lambda: f"np.clip({s()}, -1.5, 0.7)",
            lambda: f"np.maximum({s()}, {s()})",
            lambda: f"np.where({s()} > {s()}, {s()}, {s()})",
            lambda: f"np.where(({s()} < 0.3) & ({s()} >= -1), {s()}, 2.0)",
            lambda: f"({s()}) - 0.5 * ({s()})",
            lambda: f"({s()}) * np.cos({s()})",
            lambda: f"({s()}) / (2 + np.sin({s()}))",
            lambda: f"-np.tanh({s()}) ** 3",
            lambda: f"2.0 ** np.tanh({s()})",
            lambda: f"np.linalg.norm({v()})",
            lambda: f"np.mean({v()})",
            lambda: f"np.sum(np.sin({v()}))",
            lambda: f"np.tanh({v()}) @ w",
            lambda: f"np.dot({v()}, np.cos({v()})) / {self.d}",
            lambda: f"np.max({v()})",
            lambda: f"({v()}).min()",
            lambda: f"np.prod(np.cos({v()}))",
            lambda: f"np.var({v()})",
            lambda: f"sum(np.tanh({v()}))",
        )()

    def vector(self, depth: int) -> str:
        if depth == 0:
            return self.pick("x", "x", "(w * x)", "(x - t)")
        s, v = (lambda: self.number(depth - 1)), (lambda: self.vector(depth - 1))
        return self.pick(
            lambda: f"(({v()}) + ({v()}))",
            lambda: f"(np.tanh({s()}) * ({v()}))",
            lambda: f"np.sin({v()})",
            lambda: f"(w - ({v()}))",
            lambda: f"np.where({v()} > 0.1, {v()}, {s()})",
            lambda: f"np.minimum({v()}, {s()})",
            lambda: f"(A @ ({v()}))",
            lambda: f"(({v()}) @ A)",
            lambda: f"np.concatenate([({v()})[1:], ({v()})[:1]])",
            lambda: f"np.roll({v()}, 2)",
            lambda: f"({v()})[::-1]",
            lambda: f"(np.cumsum({v()}) / {self.d})",
            lambda: f"np.stack([{', '.join(s() for _ in range(self.d))}])",
            lambda: f"(({v()}) / (1 + np.linalg.norm({v()})))",
        )()


def formula(seed: int):
    d = (2, 3, 6)[seed % 3]
    grammar = Grammar(seed, d)
    text = grammar.number(3)
    return d, text, eval(f"lambda t, x: {text}", {"np": np, **grammar.constants})


SEEDS = range(120)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_formulas_have_the_values_and_slopes_of_numpy(seed):
    d, text, function = formula(seed)
    x = variable(d)
    traced = function(T, x)
    read = Traced(Expr.parse(str(traced), [("t", None), ("x", d)]))
    slope = traced.gradient(x)
    random = np.random.default_rng(seed + 1000)
    compared = 0
    for _ in range(3):
        t, at = random.uniform(), random.normal(size=d)
        called = function(t, at)
        close(traced.evaluate(t=t, x=at), called)
        close(read.evaluate(t=t, x=at), called)
        slopes = slope.evaluate(t=t, x=at)
        for i in range(d):
            step = np.eye(d)[i] * 1e-5
            back, here, ahead = (function(t, at + k * step) for k in (-1, 0, 1))
            left, right = (here - back) / 1e-5, (ahead - here) / 1e-5
            if abs(left - right) > 1e-3 * max(1.0, abs(left)):
                continue  # a kink between the points
            wanted = (function(t, at + 0.5 * step) - function(t, at - 0.5 * step)) / 1e-5
            close(slopes[i], wanted, 1e-6)
            compared += 1
    assert compared >= d, text


def test_random_formulas_are_not_constants():
    slopes = [str(function(T, variable(d)).gradient(variable(d))) for d, _, function in map(formula, SEEDS)]
    assert sum("x" in one or "t" in one for one in slopes) > 0.9 * len(slopes)


# ---- every function by its name

V = np.array([0.31, -1.7, 2.5, -0.5, 1.5])
W = np.array([-0.4, 0.9, 2.5, 1.1, -2.2])
SMALL = np.array([0.31, -0.7, 0.05, -0.999, 1e-9])

UFUNCS = {
    **{
        name: (V,)
        for name in (
            "negative positive absolute fabs sign exp expm1 exp2 cbrt square reciprocal sin cos tan sinh cosh tanh "
            "arcsinh floor ceil trunc rint logical_not deg2rad radians"
        ).split()
    },
    **{name: (np.abs(V),) for name in "log log2 log10 sqrt".split()},
    **{name: (SMALL,) for name in "log1p arctanh".split()},
    **{
        name: (V, W)
        for name in (
            "add subtract multiply divide true_divide floor_divide remainder hypot logaddexp maximum minimum fmax fmin "
            "heaviside less less_equal greater greater_equal equal not_equal logical_and logical_or matmul"
        ).split()
    },
    **{name: (np.abs(V), W) for name in "power float_power".split()},
    **{name: (V > 0, W > 0) for name in "bitwise_and bitwise_or".split()},
    "invert": (V > 0,),
    "clip": (V, -0.6, 1.0),
}
UFUNCS["vecdot"] = (V, W)


@pytest.mark.parametrize("name", sorted(_numpy.UFUNCS))
def test_every_ufunc(name):
    scipy = None
    if name in ("erf", "erfc", "ndtr", "expit"):
        scipy = pytest.importorskip("scipy.special")
        ufunc, given = getattr(scipy, name), (V,)
    else:
        ufunc, given = getattr(np, name, None), UFUNCS[name]
        if ufunc is None:
            pytest.skip(f"this NumPy has no {name}")
    wanted = ufunc(*given)
    if given[0].dtype == bool:
        x, first = variable(5) > 0, V
    else:
        x, first = variable(5), given[0]
    found = ufunc(x, *given[1:])
    assert isinstance(found, Traced)
    close(found.evaluate(x=first), wanted)
    # Near 0 all digits are there too.
    if name in ("sinh", "tanh", "expm1", "arcsinh", "arctanh", "log1p", "sin"):
        tiny = np.full(5, 1e-9)
        assert np.allclose(found.evaluate(x=tiny), ufunc(tiny), rtol=1e-12, atol=0)


FUNCTIONS = {
    **{
        name: lambda f, x: f(x)
        for name in (
            "sum mean average max amax min amin prod var std cumsum diff norm vector_norm round around flip ravel copy "
            "squeeze atleast_1d zeros_like ones_like shape ndim size any all count_nonzero"
        ).split()
    },
    "dot": lambda f, x: f(x, W),
    "inner": lambda f, x: f(W, x),
    "vdot": lambda f, x: f(x, x),
    "matmul": lambda f, x: f(np.outer(W, V), x),
    "where": lambda f, x: f(x > W, x, 1.0),
    "select": lambda f, x: f([x > 1, x > 0], [x, 2 * x], -x),
    "clip": lambda f, x: f(x, 0.0, np.inf),
    "stack": lambda f, x: f([x[0], 2.0, x[1]]),
    "concatenate": lambda f, x: f([x[2:], W, x[:1]]),
    "hstack": lambda f, x: f([x, W]),
    "append": lambda f, x: f(x, x[1:]),
    "roll": lambda f, x: f(x, -2),
    "reshape": lambda f, x: f(x, (-1,)),
    "full_like": lambda f, x: f(x, 3.0),
}


@pytest.mark.parametrize("name", sorted(_numpy.FUNCTIONS))
def test_every_function(name):
    function = getattr(np, name, None) or getattr(np.linalg, name, None)
    if function is None:
        pytest.skip(f"this NumPy has no {name}")
    wanted = FUNCTIONS[name](function, V)
    found = FUNCTIONS[name](function, variable(5))
    found = found.evaluate(x=V) if isinstance(found, Traced) else found
    close(found, wanted)


MORE = [
    lambda x: np.sum(x, axis=-1),
    lambda x: np.mean(x, axis=0, keepdims=True),
    lambda x: np.linalg.norm(x, 1) + np.linalg.norm(x, np.inf),
    lambda x: np.linalg.norm(x, axis=-1, keepdims=True),
    lambda x: np.add.reduce(x) + np.maximum.reduce(x),
    lambda x: x[..., 0] + x[(1,)],
    lambda x: x[[4, 0, 0]],
    lambda x: x[np.array([1, 3])],
    lambda x: x[W > 0],
    lambda x: x[-3:][::-1],
    lambda x: np.float64(2.0) * x + np.arange(5) - 1,
    lambda x: W**2 / x,
    lambda x: 3 // x + x % 0.7 + 7 % x,
    lambda x: divmod(x, 0.3)[1],
    lambda x: round(x[1]) + math.floor(x[2]) + math.ceil(x[3]) + np.round(x[0], 1),
    lambda x: abs(x).clip(0.2, None).sum() + x.max() - x.mean(),
    lambda x: np.outer(W, W) @ x + x @ np.outer(V, W),
    lambda x: [[1, 2, 3, 4, 5], [0, 0, 0, 0, 1]] @ x,
    lambda x: x.T @ x + x.dot(W),
    lambda x: (x > 0) * x + ~(x > 0) * W,
    lambda x: (x > 0) | (x < -1),
    lambda x: x + x[:1],
    lambda x: np.diff(x, n=2),
    lambda x: np.average(x, weights=np.abs(W)),
    lambda x: np.concatenate([x, x])[3:7].astype(float).ravel().reshape(4),
    lambda x: x.astype(np.float64) + x.astype("float64") + np.full_like(x, 2.0, dtype=float),
    lambda x: x.dtype.itemsize,
    lambda x: ~((x > 0) == (x > 1)) * 1.0,
    lambda x: np.asarray(W, order="F") @ x + W[::-1] @ x,
    lambda x: sum(x[i] * x[i + 1] for i in range(len(x) - 1)),
    lambda x: min(len(x), x.size) + x.ndim + x.shape[0],
]


@pytest.mark.parametrize("function", MORE, ids=range(len(MORE)))
def test_as_an_array_does(function):
    found = function(variable(5))
    found = found.evaluate(x=V) if isinstance(found, Traced) else found
    close(found, function(V))


def test_a_long_vector():
    x, at = variable(2000), np.linspace(-1, 1, 2000)
    found = np.sum(x[::-1] * np.arange(2000.0)) + np.sum(np.stack([x[i] for i in range(1000)]))
    close(found.evaluate(x=at), np.sum(at[::-1] * np.arange(2000.0)) + np.sum(at[:1000]), 1e-11)


def test_a_formula_does_not_change():
    x = variable(3)
    text = str(x)
    x += 1.0
    assert str(x) != text and str(variable(3)) == text


# ---- what cannot be traced


def loop(x):
    for _ in x[0]:
        pass


def filled(x):
    values = np.zeros(2)
    values[0] = x[0]
    return values


def added(x):
    total = np.zeros(3)
    total += x
    return total


NOT = [
    (lambda x: math.exp(x[0]), "np.exp(x) for math.exp(x)"),
    (lambda x: math.sqrt(x[0]), "np.exp(x) for math.exp(x)"),
    (lambda x: float(x[0]), "a number is wanted"),
    (lambda x: int(x[0]), "a whole number is wanted"),
    (lambda x: complex(x[0]), "complex number"),
    (lambda x: max(x[0], 0), "np.maximum(a, b)"),
    (lambda x: max(x), "np.maximum(a, b)"),
    (lambda x: sorted(x), "np.maximum(a, b)"),
    (lambda x: 1.0 if x[0] > 0 else 0.0, "np.where(condition, a, b)"),
    (lambda x: x[0] > 0 and x[1] > 0, "np.where(condition, a, b)"),
    (lambda x: 0 < x[0] < 1, "(a < b) & (b < c)"),
    (lambda x: x[0] in (1.0, 2.0), "a branch on a traced value"),
    (lambda x: not x[0], "a branch on a traced value"),
    (lambda x: range(x[0]), "an index or a count"),
    (lambda x: [1, 2, 3][x[0]], "an index or a count"),
    (loop, "a loop over a traced number"),
    (lambda x: len(x[0]), "a traced number has no length"),
    (lambda x: sum(x[0]), "a loop over a traced number"),
    (lambda x: x[0][0], "a traced number has no components"),
    (lambda x: x[3], "the index 3 of a vector of 3. Components are counted from 0 to 2."),
    (lambda x: x[-4], "the index -4 of a vector of 3"),
    (lambda x: x[[0, 5]], "the index 5 of a vector of 3"),
    (lambda x: x[1.0], "counted from 0"),
    (lambda x: x[None, :], "counted from 0"),
    (lambda x: x[0:1, 0], "counted from 0"),
    (lambda x: x["a"], "counted from 0"),
    (lambda x: x[x > 0], "np.where(condition, a, b) chooses"),
    (lambda x: x[np.array([True, False])], "a mask of 2 for a vector of 3"),
    (lambda x: x[2:2], "an empty slice"),
    (lambda x: x[: x[0]], "an index or a count"),
    (lambda x: np.array([x[0], x[1]]), "np.stack([a, b])"),
    (lambda x: np.asarray(x), "np.stack([a, b])"),
    (lambda x: np.vectorize(abs)(x), "np.stack([a, b])"),
    (lambda x: np.sum([x[0], x[1]]), "np.stack([a, b])"),
    (lambda x: np.random.normal(x), "np.stack([a, b])"),
    (filled, "np.stack([a, b])"),
    (added, "Formulas make new values"),
    (lambda x: np.add(x, 1, out=np.zeros(3)), "Formulas make new values"),
    (lambda x: np.add(x, 1, where=[True, False, True]), "np.where(condition, a, b)"),
    (lambda x: x.__setitem__(0, 1.0), "np.where or np.stack make a new one"),
    (lambda x: np.isclose(x, 0), "np.abs(a - b) <= tolerance"),
    (lambda x: np.allclose(x, 0), "np.max(np.abs(a - b)) <= tolerance"),
    (lambda x: np.array_equal(x, x), "np.max(np.abs(a - b)) == 0"),
    (lambda x: np.outer(x, x), "numbers and vectors"),
    (lambda x: np.einsum("i,i->", x, x), "a @ b"),
    (lambda x: np.sort(x), "np.min and np.max"),
    (lambda x: np.isnan(x), "finite values"),
    (lambda x: np.arctan2(x, 1.0), "np.arctan2 of a traced value"),
    (lambda x: np.linalg.inv(x), "np.linalg.inv of a traced value. Formulas have arithmetic"),
    (lambda x: np.arcsin(x), "np.arcsin of a traced value. Formulas have arithmetic"),
    (lambda x: np.interp(x, [0, 1], [0, 1]), 'the page docs/python.md lists them under "What can be traced"'),
    (lambda x: np.nanmean(x), "np.nanmean of a traced value. Formulas have finite values: np.mean."),
    (lambda x: x.astype(int), "astype(int) of a traced value. Formulas are of double precision: np.floor(x)"),
    (lambda x: x.astype(bool), "np.where(x != 0, 1.0, 0.0)"),
    (lambda x: x.astype("i4"), "astype(i4) of a traced value."),
    (lambda x: x.astype("no type"), "astype(no type) of a traced value."),
    (lambda x: np.full_like(x, 2.5, dtype=int), "astype(int) of a traced value."),
    (lambda x: x.item(), "item() of a traced value. It has no number before the run"),
    (lambda x: x.tolist(), "tolist() of a traced value. It has no numbers before the run"),
    (lambda x: x.flat, "a traced value has no `flat`. Formulas have arithmetic"),
    (lambda x: x.cumsum(), "a traced value has no `cumsum`. Write np.cumsum(x)."),
    (lambda x: x.norm(), "a traced value has no `norm`. Write np.linalg.norm(x)."),
    (lambda x: x.meam(), "a traced value has no `meam`. Formulas have arithmetic"),
    (lambda x: x.reshaped(3), "a traced value has no `reshaped`. Perhaps `reshape` is meant."),
    (lambda x: (x > 0) ^ (x > 1), "Write ~(a == b) for conditions, x**2 for a power."),
    (lambda x: np.multiply.accumulate(x), "np.multiply.accumulate"),
    (lambda x: np.sum(x, axis=1), "the axis 0 alone"),
    (
        lambda x: np.sum(x, initial=3.0),
        "np.sum of a traced value with initial=. Leave it out; of keywords it takes axis, keepdims.",
    ),
    (lambda x: np.ravel(x, order="C"), "np.ravel of a traced value with order=. Leave it out; it takes no"),
    (lambda x: np.where(x > 0), "np.where of a traced value with 1 argument. It takes 3: condition, a, b."),
    (lambda x: np.linalg.norm(x, 3), "the norm of order 3"),
    (lambda x: np.stack([x, x]), "np.concatenate puts vectors"),
    (lambda x: x + x[:2], "a vector of 3 and a vector of 2 do not fit together"),
    (lambda x: np.where(x > 0, x[:2], 0.0), "do not fit together"),
    (lambda x: x @ x[:2], "the product of vectors of 3 and 2"),
    (lambda x: np.eye(2) @ x, "a matrix of shape (2, 2) times a vector of 3"),
    (lambda x: x + np.eye(3), "an array of shape (3, 3) beside traced values"),
    (lambda x: x + np.float16(1.0), "float16"),
    (lambda x: x + np.ones(3, dtype=np.float16), "float16"),
    (lambda x: x + 1j, "complex128"),
    (lambda x: x + "1", "'1' in a formula"),
    (lambda x: x + None, "None in a formula"),
    (lambda x: x == None, "None in a formula"),  # noqa: E711
    (lambda x: x + np.nan, "a constant that is not finite"),
    (lambda x: np.minimum(x, np.inf), "a constant that is not finite"),
    (lambda x: x * 10**400, "beyond 1e308"),
    (lambda x: x ^ 2, "x**2"),
    (lambda x: x.reshape(3, 1), "(3,)"),
    (lambda x: x.argmax(), "a traced value has no `argmax`. np.max is the largest component itself."),
    (lambda x: statistics.median(x), "a branch on a traced value"),
]


@pytest.mark.parametrize(("function", "sentence"), NOT, ids=range(len(NOT)))
def test_what_cannot_be_traced_names_the_line_and_the_way_out(function, sentence):
    with pytest.raises((es.InputError, AttributeError)) as caught:
        _call.call("terminal", function, {"x": variable(3)})
    first = function.__code__.co_firstlineno
    lines = range(first, first + 4 if function.__name__ != "<lambda>" else first + 1)
    said = str(caught.value)
    assert any(said.startswith(f"test_trace.py:{line}: ") for line in lines), said
    assert sentence in said
    assert said.endswith((".", "x).", "]"))


def test_functions_of_scipy_say_what_to_write():
    special = pytest.importorskip("scipy.special")
    stats, sparse = pytest.importorskip("scipy.stats"), pytest.importorskip("scipy.sparse")
    x = variable(3)
    for work in (
        lambda: stats.norm.cdf(x),
        lambda: special.logsumexp(x),
        lambda: sparse.eye(3) @ x,
        lambda: np.sum([x[0], x[1]]),
    ):
        with pytest.raises(es.InputError) as caught:
            work()
        said = str(caught.value)
        assert "the function that is called makes an array of it" in said
        assert "Functions of scipy.stats cannot be traced; scipy.special.ndtr, erf and expit can." in said
        assert "np.sum(np.stack([a, b])) for np.sum([a, b])" in said and "A.toarray() @ x" in said
    with pytest.raises(es.InputError, match=r"scipy\.special\.gamma of a traced value\. Formulas have"):
        special.gamma(x)
    with pytest.raises(es.InputError, match=r"test_trace\.py:\d+: twice \(vectorized\) of a traced value"):

        def twice(a):
            return 2 * a

        np.frompyfunc(twice, 1, 1)(x)


def test_wrong_mathematics_is_never_suggested():
    x = variable(3)
    for name in ("arcsin", "arccos", "arctan2", "fmod", "nextafter", "i0", "pad", "split", "cross", "sinc"):
        arguments = {"arctan2": (x, x), "fmod": (x, x), "nextafter": (x, x), "pad": (x, 1), "split": (x, 3)}
        with pytest.raises(es.InputError) as caught:
            getattr(np, name)(*arguments.get(name, (x, x) if name == "cross" else (x,)))
        assert "Did you mean" not in str(caught.value) and len(str(caught.value)) < 400


def test_kinds_of_error_that_python_expects():
    x = variable(3)
    with pytest.raises(IndexError):
        x[3]
    with pytest.raises(TypeError):
        len(x[0])
    with pytest.raises(TypeError):
        iter(x[0])
    with pytest.raises(AttributeError):
        x.nothing
    assert not hasattr(x, "__array_interface__")


def test_nothing_recurs():
    x = variable(3)
    assert [str(one) for one in x] == ["x[1]", "x[2]", "x[3]"]
    assert str(sum(x)) == "x[1] + x[2] + x[3]"
    assert isinstance(hash(x), int) and repr(x).startswith("<traced vector of 3")
    with pytest.raises((TypeError, es.InputError)):
        copy.deepcopy(x)
    with pytest.raises(es.InputError):
        np.array([x, x], dtype=object)
    one, two, *_ = x
    assert str(one + two) == "x[1] + x[2]"


def test_values_that_do_not_fit_a_formula():
    x = variable(3)
    with pytest.raises(es.InputError, match="The variables of this formula: x"):
        (x @ x).evaluate(x=np.zeros(2))
    with pytest.raises(es.InputError, match="The variables of this formula: x"):
        (x @ x).evaluate(t=0.0)

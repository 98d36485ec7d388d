//! The seven equations of the published Deep BSDE code, in the language of case files.
//!
//! ```text
//! u_t + μ·∇u + ½ tr(σσᵀ∇²u) + f(t, x, u, z) = 0,   u(T, x) = g(x),   z = σᵀ∇u
//! ```
//! z there and here is σᵀ∇u. [HJE18] [EHJ17]

/// One equation: what is written about it, and the keys of its sections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    /// `eqn_name`.
    pub(super) name: &'static str,
    /// In a few words.
    pub(super) title: &'static str,
    /// The equation, line by line.
    pub(super) says: &'static [&'static str],
    /// What is different here.
    pub(super) differs: &'static [&'static str],
    /// Keys of `[model]` beside kind, dim and horizon, as TOML.
    pub(super) model: &'static [(&'static str, &'static str)],
    /// x₀, in every component.
    pub(super) at: f64,
}

/// The name of an equation as `eqn_name` gives it.
pub(super) fn named(name: &str) -> Option<&'static Named> {
    ALL.iter().find(|equation| equation.name == name)
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|equation| equation.name)
}

static ALL: [Named; 7] = [
    HJBLQ,
    ALLEN_CAHN,
    PRICING_DEFAULT_RISK,
    PRICING_DIFF_RATE,
    BURGERS_TYPE,
    QUADRATIC_GRADIENT,
    REACTION_DIFFUSION,
];

const HJBLQ: Named = Named {
    name: "HJBLQ",
    title: "HJB of linear-quadratic-Gaussian control",
    says: &["u_t + Δu − λ|∇u|² = 0,   u(T, x) = ln(½(1 + |x|²)),   λ = 1"],
    differs: &[],
    model: &[
        ("diffusion", "\"sqrt(2)\""),
        ("source", "\"-0.5 * lambda * |z|^2\""),
        ("terminal", "\"ln(0.5 * (1 + |x|^2))\""),
        ("constants", "{ lambda = 1.0 }"),
    ],
    at: 0.0,
};

const ALLEN_CAHN: Named = Named {
    name: "AllenCahn",
    title: "Allen-Cahn",
    says: &["u_t + Δu + u − u³ = 0,   u(T, x) = ½/(1 + 0.2|x|²)"],
    differs: &[],
    model: &[
        ("diffusion", "\"sqrt(2)\""),
        ("source", "\"u - u^3\""),
        ("terminal", "\"0.5 / (1 + 0.2 * |x|^2)\""),
    ],
    at: 0.0,
};

const PRICING_DEFAULT_RISK: Named = Named {
    name: "PricingDefaultRisk",
    title: "Pricing with default risk",
    says: &[
        "u_t + μ x·∇u + ½ Σ σ² x_i² ∂_ii u − (1 − δ) Q(u) u − R u = 0,   u(T, x) = min x_i,",
        "Q falls from γ_h below v_h to γ_l above v_l along a straight line.",
    ],
    differs: &[
        "The paths step exactly here. There they step by Euler-Maruyama, which at N = 40 costs",
        "0.4 % of the value; problem.scheme = \"euler\" does the same.",
    ],
    model: &[
        ("drift", "\"mu * x\""),
        ("diffusion", "\"sigma * x\""),
        (
            "source",
            "\"-(1 - delta) * (max(max(u - vh, 0) * (gh - gl) / (vh - vl) + gh - gl, 0) + gl) * u \
             - R * u\"",
        ),
        ("terminal", "\"min(x)\""),
        (
            "constants",
            "{ mu = 0.02, sigma = 0.2, R = 0.02, delta = 0.6666666666666666, vh = 50.0, vl = 70.0, \
             gh = 0.2, gl = 0.02 }",
        ),
    ],
    at: 100.0,
};

const PRICING_DIFF_RATE: Named = Named {
    name: "PricingDiffRate",
    title: "Pricing with different rates for borrowing and lending",
    says: &[
        "u_t + μ x·∇u + ½ Σ σ² x_i² ∂_ii u − R_l u − (μ − R_l)/σ Σz + (R_b − R_l) max(Σz/σ − u, 0) = 0,",
        "u(T, x) = max(max x_i − 120, 0) − 2 max(max x_i − 150, 0)",
    ],
    differs: &[],
    model: &[
        ("drift", "\"mu * x\""),
        ("diffusion", "\"sigma * x\""),
        (
            "source",
            "\"-Rl * u - (mu - Rl) / sigma * sum(z) + (Rb - Rl) * max(sum(z) / sigma - u, 0)\"",
        ),
        ("terminal", "\"max(max(x) - 120, 0) - 2 * max(max(x) - 150, 0)\""),
        ("constants", "{ mu = 0.06, sigma = 0.2, Rl = 0.04, Rb = 0.06 }"),
    ],
    at: 100.0,
};

const BURGERS_TYPE: Named = Named {
    name: "BurgersType",
    title: "Burgers type",
    says: &[
        "u_t + ½ d² Δu + (u − (2 + d)/(2d)) Σz = 0,   z = d ∇u,",
        "u(T, x) = e^w/(1 + e^w) with w = T + Σx/d, which is the solution at every t with w = t + Σx/d",
    ],
    differs: &[],
    model: &[
        ("diffusion", "\"d\""),
        ("source", "\"(u - (2 + d) / (2 * d)) * sum(z)\""),
        ("terminal", "\"sigmoid(T + sum(x) / d)\""),
    ],
    at: 0.0,
};

const QUADRATIC_GRADIENT: Named = Named {
    name: "QuadraticGradient",
    title: "Quadratic gradient",
    says: &[
        "u_t + ½Δu + |∇u|² − |∇ψ|² − ψ_t − ½Δψ = 0,   u(T, x) = ψ(T, x),",
        "ψ(t, x) = sin(b^α),   b = T − t + |x|²/d,   α = 0.4; the solution is ψ",
    ],
    differs: &["Powers of b below zero are kept from b = 0."],
    model: &[
        ("diffusion", "1.0"),
        (
            "source",
            "\"\"\"\n\
|z|^2\n \
- 4 * (alpha * max(T - t + |x|^2 / d, 1e-6)^(alpha - 1) * cos(max(T - t + |x|^2 / d, 1e-6)^alpha))^2 * |x|^2 / d^2\n \
- (2 / d^2) * |x|^2 * alpha * (\n     \
(alpha - 1) * max(T - t + |x|^2 / d, 1e-6)^(alpha - 2) * cos(max(T - t + |x|^2 / d, 1e-6)^alpha)\n     \
- alpha * max(T - t + |x|^2 / d, 1e-6)^(2 * alpha - 2) * sin(max(T - t + |x|^2 / d, 1e-6)^alpha))\n\
\"\"\"",
        ),
        ("terminal", "\"sin((|x|^2 / d)^alpha)\""),
        ("constants", "{ alpha = 0.4 }"),
    ],
    at: 0.0,
};

const REACTION_DIFFUSION: Named = Named {
    name: "ReactionDiffusion",
    title: "Reaction-diffusion with an oscillating solution",
    says: &[
        "u_t + ½Δu + min(1, (u − κ − 1 − sin(λΣx) e^(λ²d(t − T)/2))²) = 0,",
        "u(T, x) = 1 + κ + sin(λΣx),   κ = 0.6, λ = 1/√d",
    ],
    differs: &["λ²d = 1 is written out."],
    model: &[
        ("diffusion", "1.0"),
        ("source", "\"min(1, (u - kappa - 1 - sin(sum(x) / sqrt(d)) * exp((t - T) / 2))^2)\""),
        ("terminal", "\"1 + kappa + sin(sum(x) / sqrt(d))\""),
        ("constants", "{ kappa = 0.6 }"),
    ],
    at: 0.0,
};

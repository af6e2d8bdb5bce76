//! The pool of plasticity terms (Shervani-Tabar & Rosenbaum 2023, eq. 4).

use std::sync::LazyLock;

use crate::names::Library;
use crate::terms::term::Term;

const PAPER: &str = "Shervani-Tabar & Rosenbaum 2023, eq. 4";
const PAPER_AND_OJA: &str = "Shervani-Tabar & Rosenbaum 2023, eq. 4; Oja 1989";

/// Name, formula and source of F0, F1, ….
#[rustfmt::skip]
const TERMS: [(&str, &str, &str); 10] = [
    ("pseudo-gradient",                            "−e_l y_(l−1)ᵀ",                         PAPER),
    ("activity-error",                             "−y_l e_(l−1)ᵀ",                         PAPER),
    ("error-based Hebbian",                        "−e_l e_(l−1)ᵀ",                         PAPER),
    ("decay",                                      "−W_l",                                  PAPER),
    ("uniform error",                              "−1_l e_(l−1)ᵀ",                         PAPER),
    ("activity-scaled pseudo-gradient",            "−e_l (1_lᵀ y_l) y_(l−1)ᵀ",              PAPER),
    ("activity-error scaled by the projected error",  "−y_l (y_lᵀ W_l e_(l−1)) e_(l−1)ᵀ",   PAPER),
    ("pseudo-gradient scaled by the projected error", "−e_l (y_lᵀ W_l e_(l−1)) y_(l−1)ᵀ",   PAPER),
    ("activity-error scaled by the driven error",  "−y_l (y_(l−1)ᵀ W_lᵀ e_l) e_(l−1)ᵀ",     PAPER),
    ("Oja's subspace rule",                        "y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l",  PAPER_AND_OJA),
];

static POOL: LazyLock<Vec<Term>> = LazyLock::new(|| {
    let numbered = TERMS.into_iter().enumerate();
    let term = |(number, (name, formula, source))| Term::built_in(number, name, formula, source);
    numbered.map(term).collect()
});

/// The terms F0 to F9 of the paper (Shervani-Tabar & Rosenbaum 2023, eq. 4), by number.
///
/// | term | | what it does |
/// |---|---|---|
/// | F0 | pseudo-gradient | teaching signal times pre-synaptic activity: with symmetric feedback gradient descent on the sample's loss, with fixed feedback feedback alignment (Lillicrap et al. 2016) |
/// | F1 | activity-error | post-synaptic activity times the teaching signal of the layer below |
/// | F2 | error-based Hebbian | the teaching signals of both layers; with a negative coefficient it makes the forward weights correlate with the feedback weights, so that teaching signals align with those of backpropagation |
/// | F3 | decay | weight decay |
/// | F4 | uniform error | the pre-synaptic teaching signal, the same for every post-synaptic unit |
/// | F5 | activity-scaled pseudo-gradient | F0, scaled by the total activity of the post-synaptic layer |
/// | F6, F7 | scaled by the projected error | F1 and F0, scaled by how much the pre-synaptic teaching signal, sent forward through the weights, overlaps with the post-synaptic activity |
/// | F8 | scaled by the driven error | F1, scaled by how much the layer's drive `z_l` overlaps with its teaching signal |
/// | F9 | Oja's subspace rule | Hebbian learning that makes the rows of `W_l` orthonormal, so that activity keeps its information on the way up (Oja 1989); in terms of `v = W_lᵀ y_l` it is `y_l (y_(l−1) − v)ᵀ` |
///
/// ```
/// use metaplast_plasticity::{Locality, pool};
///
/// let oja = &pool()[9];
/// assert_eq!((oja.symbol(), oja.name()), ("F9", "Oja's subspace rule"));
/// assert_eq!(oja.locality(), Locality::Column);
/// ```
#[must_use]
pub fn pool() -> &'static [Term] {
    &POOL
}

/// F0, `−e_l y_(l−1)ᵀ`.
#[must_use]
pub fn pseudo_gradient() -> &'static Term {
    &POOL[0]
}

/// F3, `−W_l`.
#[must_use]
pub fn decay() -> &'static Term {
    &POOL[3]
}

/// Terms by symbol; the default has the [pool](pool()), whose `F2` is also found as `2`.
///
/// ```
/// use metaplast_plasticity::{Term, TermLibrary};
///
/// let library = TermLibrary::default().with(Term::parse("hebb = y * y_pre^T")?);
/// assert_eq!(library.find("2").unwrap().symbol(), "F2");
/// assert_eq!(library.find("hebb").unwrap().symbol(), "hebb");
/// let error = library.find("F10").unwrap_err().to_string();
/// assert_eq!(error, "unknown term `F10`; the pool has F0 to F9 (or 0 to 9), and there is hebb");
/// # Ok::<(), metaplast_plasticity::text::TermError>(())
/// ```
pub type TermLibrary = Library<Term>;

impl Default for TermLibrary {
    fn default() -> Self {
        Library::new(pool().iter().cloned())
    }
}

//! The terms of the pool once more, each as the calls that it is to make.

use metaplast_plasticity::{
    Coefficient, CustomTerm, LayerSignals, LayerUpdate, Locality, Number, Rule, Term,
};

/// A term of the pool by its number.
struct HandWritten(usize, String);

impl<T: Number> CustomTerm<T> for HandWritten {
    fn symbol(&self) -> &str {
        &self.1
    }

    fn formula(&self) -> &str {
        "as in the paper"
    }

    fn locality(&self) -> Locality {
        Locality::Column
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        let minus = theta.minus;
        match self.0 {
            0 => update.outer(minus, layer.post_error(), layer.pre()),
            1 => update.outer(minus, layer.post(), layer.pre_error()),
            2 => update.outer(minus, layer.post_error(), layer.pre_error()),
            3 => update.decay(theta.plus),
            4 => update.outer(minus, layer.ones(), layer.pre_error()),
            5 => {
                let sum = layer.post_sum();
                update.scaled_outer(minus, sum, layer.post_error(), layer.pre());
            }
            6 => {
                let overlap = layer.pre_error_overlap();
                update.scaled_outer(minus, overlap, layer.post(), layer.pre_error());
            }
            7 => {
                let overlap = layer.pre_error_overlap();
                update.scaled_outer(minus, overlap, layer.post_error(), layer.pre());
            }
            8 => {
                let overlap = layer.post_error_overlap();
                update.scaled_outer(minus, overlap, layer.post(), layer.pre_error());
            }
            9 => {
                update.outer(theta.plus, layer.post(), layer.pre());
                update.projected(minus, layer.post(), layer.post());
            }
            other => unreachable!("the pool has no F{other}"),
        }
    }
}

/// The terms of the pool with these numbers, ascending.
pub(crate) fn rule(numbers: &[usize]) -> Rule {
    let term = |&number: &usize| Term::custom(HandWritten(number, format!("hand{number}")));
    let terms = numbers.iter().map(|number| term(number).unwrap());
    Rule::new(terms).unwrap()
}

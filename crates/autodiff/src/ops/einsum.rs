//! Einstein's sums: products of values over named axes, made of matrix products and layouts.

use metaplast_tensor::{Scalar, Shape};

use crate::var::Var;

/// A value whose axes have names.
struct Named<'t, T: Scalar> {
    value: Var<'t, T>,
    names: Vec<char>,
}

impl<'t, T: Scalar> Named<'t, T> {
    /// The extents of these axes.
    fn extents(&self, names: &[char]) -> Vec<usize> {
        let dims = self.value.shape();
        let extent = |name: &char| {
            let axis = self.names.iter().position(|n| n == name);
            dims.dims()[axis.expect("an axis of this value")]
        };
        names.iter().map(extent).collect()
    }

    /// The axes in this order.
    fn ordered(self, names: &[char]) -> Self {
        if self.names == names {
            return self;
        }
        let place = |name: &char| self.names.iter().position(|n| n == name);
        let axes: Vec<usize> = names.iter().filter_map(place).collect();
        Named {
            value: self.value.permute(&axes),
            names: names.to_vec(),
        }
    }

    /// The sum over all axes that `kept` does not name.
    fn summed(self, kept: impl Fn(char) -> bool) -> Self {
        let names = self.names.iter().enumerate();
        let gone: Vec<usize> = names.filter(|(_, n)| !kept(**n)).map(|(i, _)| i).collect();
        if gone.is_empty() {
            return self;
        }
        Named {
            value: self.value.sum_axes(&gone, false),
            names: self.names.into_iter().filter(|&n| kept(n)).collect(),
        }
    }

    /// `[batch, rows, cols]`, each made of the axes in one group.
    fn into_matrices(self, groups: [&[char]; 3]) -> Var<'t, T> {
        let sizes = groups.map(|names| self.extents(names).iter().product::<usize>());
        let ordered = self.ordered(&groups.concat());
        if groups[0].is_empty() {
            ordered.value.reshape([sizes[1], sizes[2]])
        } else {
            ordered.value.reshape(sizes)
        }
    }

    /// The product with another value, summed over axes of both that are not `kept`.
    fn times(self, right: Self, kept: impl Fn(char) -> bool) -> Self {
        let (left_names, right_names) = (self.names.clone(), right.names.clone());
        let left = self.summed(|n| right_names.contains(&n) || kept(n));
        let right = right.summed(|n| left_names.contains(&n) || kept(n));
        let shared = |n: &char| right.names.contains(n);
        let pick = |names: &[char], f: &dyn Fn(&char) -> bool| -> Vec<char> {
            names.iter().copied().filter(|n| f(n)).collect()
        };
        let batch = pick(&left.names, &|n| shared(n) && kept(*n));
        let inner = pick(&left.names, &|n| shared(n) && !kept(*n));
        let rows = pick(&left.names, &|n| !shared(n));
        let cols = pick(&right.names, &|n| !left_names.contains(n));
        let names = [&batch[..], &rows, &cols].concat();
        let extents = [
            left.extents(&batch),
            left.extents(&rows),
            right.extents(&cols),
        ]
        .concat();
        let right_as_it_is = right.names == [&batch[..], &cols, &inner].concat();
        let left = left.into_matrices([&batch, &rows, &inner]);
        let product = if right_as_it_is {
            left.matmul_transposed(right.into_matrices([&batch, &cols, &inner]))
        } else {
            left.matmul(right.into_matrices([&batch, &inner, &cols]))
        };
        Named {
            value: product.reshape(Shape::from(&*extents)),
            names,
        }
    }
}

/// The names of each operand's axes, and of the result's.
#[track_caller]
fn parse(subscripts: &str) -> (Vec<Vec<char>>, Vec<char>) {
    let spaceless: String = subscripts.chars().filter(|c| *c != ' ').collect();
    let Some((left, right)) = spaceless.split_once("->") else {
        panic!("einsum: {subscripts:?} has no \"->\"");
    };
    let names = |part: &str| -> Vec<char> { part.chars().collect() };
    let (operands, result) = (left.split(',').map(names).collect::<Vec<_>>(), names(right));
    for part in operands.iter().chain([&result]) {
        for (i, name) in part.iter().enumerate() {
            assert!(
                name.is_alphabetic() && !part[..i].contains(name),
                "einsum: {subscripts:?} names an axis {name:?} twice, or not by a letter; `diagonal` takes one"
            );
        }
    }
    let given = |name: &char| operands.iter().any(|part| part.contains(name));
    if let Some(name) = result.iter().find(|name| !given(name)) {
        panic!("einsum: {subscripts:?} has no operand with the axis {name:?} of the result");
    }
    (operands, result)
}

/// A sum of products over named axes: `einsum("bik,bkj->bij", …)` is a batch of matrix products.
///
/// Every letter is an axis. Those that the result does not name are summed over; those with the same
/// letter go together. Operands are multiplied from the left to the right, so their order decides
/// the cost. An axis may not be named twice in one operand.
///
/// ```
/// use metaplast_autodiff::{Tape, einsum};
/// use metaplast_tensor::{Tensor, tensor};
///
/// let tape = Tape::<f64>::new();
/// let (a, x) = (tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]), tape.var(&tensor![1.0, 10.0]));
/// assert_eq!(einsum("ij,j->i", &[a, x]).value(), tensor![21.0, 43.0]);
/// assert_eq!(einsum("ij->ji", &[a]).value(), tensor![[1.0, 3.0], [2.0, 4.0]]);
/// assert_eq!(einsum("i,ij,j->", &[x, a, x]).item(), 451.0);
///
/// // Scores of attention with heads: query q, key k, head h, channel c.
/// let queries = tape.var(&Tensor::ones([5, 7, 2, 3]));
/// let scores = einsum("bqhc,bkhc->bhqk", &[queries, queries]);
/// assert_eq!(scores.shape().dims(), [5, 2, 7, 7]);
/// ```
///
/// # Panics
/// When the subscripts do not have the form above, their number is not that of the operands or an
/// operand's rank is not that of its subscript, and when axes of one name differ in extent.
#[track_caller]
pub fn einsum<'t, T: Scalar>(subscripts: &str, operands: &[Var<'t, T>]) -> Var<'t, T> {
    let (names, result) = parse(subscripts);
    let shapes: Vec<Shape> = operands.iter().map(|x| x.shape()).collect();
    let ranks = names.iter().map(Vec::len);
    assert!(
        names.len() == operands.len() && ranks.eq(shapes.iter().map(Shape::rank)),
        "einsum: {subscripts:?} for operands of shapes {shapes:?}"
    );
    let mut extents = std::collections::BTreeMap::new();
    let axes = names
        .iter()
        .flatten()
        .zip(shapes.iter().flat_map(Shape::dims));
    for (name, &extent) in axes {
        let first = *extents.entry(name).or_insert(extent);
        assert!(
            first == extent,
            "einsum: {subscripts:?} for operands of shapes {shapes:?}: axis {name:?} has {first} and {extent} places"
        );
    }
    let operand = |i: usize| Named {
        value: operands[i],
        names: names[i].clone(),
    };
    let mut product = operand(0);
    for i in 1..names.len() {
        let later =
            |n: char| result.contains(&n) || names[i + 1..].iter().flatten().any(|&l| l == n);
        product = product.times(operand(i), later);
    }
    product
        .summed(|n| result.contains(&n))
        .ordered(&result)
        .value
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use super::einsum;
    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let (a, b) = (
            c.tensor(&[2, 3, 2], -1.0, 1.0),
            c.tensor(&[2, 2, 3], -1.0, 1.0),
        );
        let operands = [a, b];
        for subscripts in [
            "bik,bkj->bij",
            "bik,bjk->ijb",
            "bik,cdj->kc",
            "bik,bki->",
            "bik,bki->bik",
        ] {
            let fits = subscripts != "bik,bjk->ijb";
            let second = if fits {
                operands[1].clone()
            } else {
                operands[0].clone()
            };
            c.check(&[operands[0].clone(), second], |x| einsum(subscripts, x));
        }
        c.check(&operands[..1], |x| einsum("abc->cb", x));
    }

    /// The sum written out.
    #[test]
    fn values_are_those_of_the_sum_written_out() {
        let number = |seed: usize| {
            move |i: &[usize]| {
                let place = i.iter().fold(seed, |sum, i| 7 * sum + i);
                (place % 13) as f64 - 6.0
            }
        };
        let a = Tensor::from_fn([2, 3, 4], number(1));
        let b = Tensor::from_fn([4, 2, 5], number(2));
        let d = Tensor::from_fn([5, 3], number(3));
        let tape = Tape::<f64>::new();
        let vars = [&a, &b, &d].map(|x| tape.var(x));
        // b i k, k b j, j i -> j b
        let expected = Tensor::from_fn([5, 2], |at| {
            let mut sum = 0.0;
            for i in 0..3 {
                for k in 0..4 {
                    sum += a[[at[1], i, k]] * b[[k, at[1], at[0]]] * d[[at[0], i]];
                }
            }
            sum
        });
        assert_eq!(einsum("bik, kbj, ji -> jb", &vars).value(), expected);
    }

    #[test]
    #[should_panic(expected = "axis 'j' has 3 and 2 places")]
    fn extents_that_differ_are_named() {
        let tape = Tape::<f64>::new();
        let (a, x) = (
            tape.var(&Tensor::ones([2, 3])),
            tape.var(&Tensor::ones([2])),
        );
        einsum("ij,j->i", &[a, x]);
    }
}

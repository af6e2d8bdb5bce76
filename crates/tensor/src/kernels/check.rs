//! Checks of what kernels are given: a length that does not fit panics, naming the operation.

#[track_caller]
pub(super) fn check_matrix<T>(op: &str, name: &str, a: &[T], rows: usize, cols: usize) {
    assert!(
        a.len() == rows * cols,
        "{op}: {name} has {} elements, not [{rows}, {cols}]",
        a.len()
    );
}

#[track_caller]
pub(super) fn check_vector<T>(op: &str, name: &str, x: &[T], len: usize) {
    assert!(
        x.len() == len,
        "{op}: a vector {name} has {} elements, not {len}",
        x.len()
    );
}

#[track_caller]
pub(super) fn check_terms<T>(
    op: &str,
    a: &[T],
    rows: usize,
    cols: usize,
    us: &[&[T]],
    vs: &[&[T]],
) {
    check_matrix(op, "A", a, rows, cols);
    assert!(
        us.len() == vs.len(),
        "{op}: {} left vectors but {} right vectors",
        us.len(),
        vs.len()
    );
    for (u, v) in us.iter().zip(vs) {
        check_vector(op, "on the left", u, rows);
        check_vector(op, "on the right", v, cols);
    }
}

//! The linear algebra that the crate needs beyond `metaplast-tensor`: products with a transposed
//! factor, the singular value decomposition, and row spaces.

mod products;
mod row_space;
mod singular_values;

pub use products::{gram, product_nt, product_tn};
pub use row_space::RowSpace;
pub use singular_values::SingularValues;

//! Value and meta-gradient of one episode of the paper's network: 784-170-130-100-70-47, 250
//! online steps, 50 query images, f32, generated glyphs.
//!
//! ```text
//! cargo bench --bench episode
//! cargo bench --bench episode -- value_and_gradient/bio
//! ```

#[path = "../work/mod.rs"]
mod work;

mod batches;
mod inputs;
mod rules;
mod steps;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    rules::rules,
    rules::ways,
    steps::steps,
    inputs::inputs,
    batches::meta_batches,
    batches::trials
);
criterion_main!(benches);

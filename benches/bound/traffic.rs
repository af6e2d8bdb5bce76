//! What one online step and its reverse must move and compute, in as few passes over each matrix as
//! data dependence allows.
//!
//! For a layer with `n` weights, its share `inked` of inputs that are not zero in this step and its
//! share `used` of inputs that are not zero in some image of the task (1 beyond the first layer):
//!
//! | pass | bytes | why |
//! |---|---|---|
//! | update of the step before, and `z = W y` | read and write W | one pass serves both |
//! | `v = Wᵀ y` (Oja's term and F5 to F8) | read W | `y` needs all of `z` |
//! | `B e` | read B | not for the input's error, unless a term uses it |
//! | waiting contributions, `ū = W̄ v`, `v̄ = W̄ᵀ u` | read and write W̄ | |
//! | undo, and the reverse of `v = Wᵀ y` | read and write W | |
//! | the reverse of `z = W y` | read W | not for the input |
//! | the reverse of `B e` | read B | |
//!
//! Without `v`, the reverse of `z` joins the undoing, and the first layer's weights need not be
//! undone at all. Oja's term moves the weights of used inputs, all other terms those of inked ones.

use metaplast::plasticity::{Architecture, Feedback, Preset};

/// Bytes and flops of one step, forward and back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    /// Bytes of passes that only read.
    pub(crate) read: f64,
    /// Bytes read and written of passes that do both.
    pub(crate) update: f64,
    pub(crate) flops: f64,
}

/// One step of a rule, layer by layer, for these shares of the first layer's inputs.
pub(crate) fn traffic(
    architecture: &Architecture,
    preset: Preset,
    feedback: &Feedback,
    inked: f64,
    used: f64,
) -> Vec<Traffic> {
    let of_layer = |(layer, pair): (usize, &[usize])| {
        let weights = (pair[0] * pair[1]) as f64;
        let first = layer == 0;
        let (inked, used) = if first { (inked, used) } else { (1.0, 1.0) };
        let passes = if preset.terms().contains(&9) {
            with_projection(preset, first, inked, used)
        } else {
            pseudo_gradient_alone(feedback, first, inked)
        };
        let bytes = weights * size_of::<f32>() as f64;
        Traffic {
            read: passes.read * bytes,
            update: 2.0 * passes.update * bytes,
            flops: passes.flops * weights,
        }
    };
    let layers = architecture.sizes().windows(2).enumerate();
    layers.map(of_layer).collect()
}

/// Passes over a matrix, and flops for each of its elements.
struct Passes {
    read: f64,
    update: f64,
    flops: f64,
}

/// Rules with `v = Wᵀ y`: bio, Oja and the pool.
fn with_projection(preset: Preset, first: bool, inked: f64, used: f64) -> Passes {
    let beyond = if first { 0.0 } else { 1.0 };
    // Outer products e pᵀ, of inked rows; y qᵀ, of used ones; 1 rᵀ, of inked ones; and decay.
    let whole_pool = preset == Preset::Pool;
    let inked_products = if whole_pool { 2.0 } else { 1.0 };
    let decay = if whole_pool { used } else { 0.0 };
    let products = inked_products * inked + used;
    // Nobody wants the adjoint of 1.
    let constant = if whole_pool { inked } else { 0.0 };
    Passes {
        // v; B; the reverse of z; the reverse of B.
        read: used + inked + beyond + inked,
        // Update with z; W̄ with its reads; undo with the reverse of v.
        update: 3.0 * used,
        flops: 2.0
            * (inked // z
                + inked // B e
                + used // v
                + products // update
                + 2.0 * products - constant // ū and v̄
                + products // undo
                + used // the reverse of v, with respect to y
                + beyond // the reverse of z, with respect to y
                + inked // the reverse of B e
                + inked + used) // W̄ by z and by v
            + 3.0 * decay, // in update, undo and W̄
    }
}

/// FA and BP, whose errors come through B or through W itself.
fn pseudo_gradient_alone(feedback: &Feedback, first: bool, inked: f64) -> Passes {
    let beyond = if first { 0.0 } else { 1.0 };
    // W̄ also collects from the errors where they come through the weights.
    let through_weights = if *feedback == Feedback::attached() {
        beyond
    } else {
        0.0
    };
    Passes {
        // B, or W once more after its use in z; and in reverse.
        read: 2.0 * beyond,
        // Update with z; W̄ with its reads; undo with the reverse of z.
        update: 2.0 * inked + beyond,
        flops: 2.0
            * (inked // z
                + beyond // errors
                + inked // update
                + 2.0 * inked // ū and v̄
                + beyond // undo
                + beyond // the reverse of z
                + beyond // the reverse of the errors
                + inked // W̄ by z
                + through_weights),
    }
}

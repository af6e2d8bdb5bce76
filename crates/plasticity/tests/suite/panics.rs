//! Panics of rules on weights that do not fit: what they say, and where they point to.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex};

use metaplast_autodiff::Tape;
use metaplast_plasticity::{LayerSignals, Rule, Term};
use metaplast_tensor::{Tensor, tensor};

#[test]
fn a_rule_on_transposed_weights_is_refused_at_the_line_that_called() {
    let tape = Tape::<f64>::new();
    let rule = Rule::new([Term::parse("hebb = y * y_pre^T").unwrap()]).unwrap();
    let rule = rule.bind_constant(&tape);
    let transposed = tape.state(&Tensor::zeros([1, 2]));
    let [x, y] = [tensor![1.0, 3.0], tensor![1.0]].map(|x| tape.constant(&x));
    let found = Arc::new(Mutex::new(None));
    let (writer, before) = (Arc::clone(&found), take_hook());
    let this = std::thread::current().id();
    set_hook(Box::new(move |info| {
        if std::thread::current().id() == this {
            let file = info.location().map(|at| at.file().to_owned());
            *writer.lock().unwrap() = Some((info.to_string(), file.unwrap_or_default()));
        }
        before(info);
    }));
    let refused = catch_unwind(AssertUnwindSafe(|| {
        rule.update(&LayerSignals::new(transposed, (x, x), (y, y)));
    }));
    assert!(refused.is_err());
    let (message, file) = found.lock().unwrap().take().expect("the hook has seen it");
    assert!(message.contains("[1, 2]"), "{message}");
    assert!(file.ends_with("panics.rs"), "{message}: in {file}");
}

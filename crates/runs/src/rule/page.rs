//! `rule.md`: a rule as maths, for reading.

use std::fmt::Write;

use metaplast_plasticity::digits::shown;
use metaplast_plasticity::{
    Activation, Architecture, Feedback, PERTURBATION, Perturbed, Rule, TeachingThroughTime,
};

use super::file::RuleFile;
use crate::settings::network::unusual_leak;

/// The page.
#[must_use]
pub fn rule_page(name: &str, file: &RuleFile) -> String {
    let mut page = format!("# Plasticity rule: {name}\n\n    {}\n\n", file.rule);
    page += &match file.architecture.is_recurrent() {
        false => symbols(&file.rule, &file.architecture),
        true => symbols_through_time(&file.architecture, &file.feedback),
    };
    page += &table(file);
    page += &own_terms(file);
    page += "\n## Where it comes from\n\n";
    page += &origin(file);
    page
}

fn symbols(rule: &Rule, architecture: &Architecture) -> String {
    let (units, slope) = match architecture.activation() {
        Activation::Softplus => ("softplus", "(1 − exp(−β y_(l−1)))"),
        Activation::Relu => ("relu", "[y_(l−1) > 0]"),
        Activation::Tanh => ("tanh", "(1 − y_(l−1) ⊙ y_(l−1))"),
    };
    let mut places = String::new();
    if architecture.has_skips() {
        places += "\nWhere a skip leads to layer l from n layers below, `y_l` is the activation of its units and `y_(l−n)`; what\n\
                   comes back to it also comes back to `y_(l−n)`, and slopes are those of its units.\n";
    }
    if !architecture.is_fully_connected() {
        places += "\nAt a convolution the change is the sum over all places of what the terms give there.\n";
    }
    let taught = match rule.reads_reward() {
        true => "action",
        false => "label",
    };
    let told = told(rule);
    format!(
        "\
for every layer l = 1..L after every single image, where

- `y_l` is the activation of layer l: {units} in hidden layers, softmax in the last, `y_0` the image;
- `z_l = W_l y_(l−1)` is its pre-activation;
- `e_l` is its teaching signal: `e_L = y_L − onehot({taught})`,
  `e_(l−1) = (B_lᵀ e_l) ⊙ {slope}`;
- `W_l` are the forward weights, `B_l` the feedback weights.
{told}{places}
## Terms

"
    )
}

/// The symbols of a recurrent network.
fn symbols_through_time(architecture: &Architecture, feedback: &Feedback) -> String {
    let units = architecture.activation();
    let back = match feedback.through_time() {
        Some(TeachingThroughTime::Eprop) => "",
        _ => " + B_recᵀ e_(t+1)",
    };
    let leak = shown(architecture.leak());
    format!(
        "\
for each of W_in, W_rec and W_out after every single image, which is seen as a sequence x_1..x_T of {} values a \
step: the sum over the steps of what the terms give there, where

- `h_t = (1 − α) h_(t−1) + α φ(z_t)` with `z_t = W_rec h_(t−1) + W_in x_t`, h_0 = 0, φ {units} and α = {leak}, and after \
the last step `y = softmax(W_out h_T)`;
- `y_l` is h_t for W_in and W_rec and y for W_out, and `y_(l−1)` is x_t, h_(t−1) and h_T;
- `z_l` is W_in x_t, W_rec h_(t−1) and W_out h_T;
- `e_l` is e_t for W_in and W_rec and `e_out = y − onehot(label)` for W_out, and `e_(l−1)` is `(B_inᵀ e_t) ⊙ φ'`, e_(t−1) \
and e_T;
- `e_t = α φ'(z_t) ⊙ δ_t` with `δ_T = B_outᵀ e_out` and `δ_t = (1 − α) δ_(t+1){back}` before;
- `W_l` are the forward weights, `B` the feedback weights.

## Terms

",
        architecture.inputs()
    )
}

/// What the network is told in a step beside its layers' signals.
fn told(rule: &Rule) -> String {
    let mut text = String::new();
    if rule.reads_reward() {
        text += "- the action is drawn from the outputs, and `reward` is 1 where it is the label, else 0;\n";
    }
    let size = shown(PERTURBATION);
    match rule.perturbed() {
        None => {}
        Some(Perturbed::Nodes) => {
            let _ = writeln!(
                text,
                "- `perturbation` are signs ±1 drawn for each unit, and `loss_change` is what {size} of them, added to \
                 all z_l, changes in the loss, over {size};"
            );
        }
        Some(Perturbed::Weights) => {
            let _ = writeln!(
                text,
                "- `perturbation` and `perturbation_pre` are signs ±1 drawn for each unit of a layer and of the one \
                 below, and `loss_change` is what {size} of their outer products, added to all W_l, changes in the \
                 loss, over {size};"
            );
        }
    }
    text
}

fn table(file: &RuleFile) -> String {
    let trials = if file.trials.len() > 1 {
        file.trials.as_slice()
    } else {
        &[]
    };
    let mut head = "| term | name | F | θ |".to_owned();
    let mut rule = "|---|---|---|---|".to_owned();
    for trial in 0..trials.len() {
        let _ = write!(head, " θ of trial {trial} |");
        rule += "---|";
    }
    let mut table = format!("{head} locality | source |\n{rule}---|---|\n");
    for (place, coefficient) in file.rule.coefficients().enumerate() {
        let layer = coefficient.layer.map(|layer| format!(", layer {layer}"));
        let _ = write!(
            table,
            "| {}{} | {} | `{}` | {} |",
            coefficient.symbol,
            layer.unwrap_or_default(),
            coefficient.readable_name(),
            coefficient.formula(),
            shown(file.rule.theta()[place])
        );
        for theta in trials {
            let _ = write!(table, " {} |", shown(theta[place]));
        }
        let _ = writeln!(
            table,
            " {} | {} |",
            coefficient.locality().describe(),
            coefficient.source()
        );
    }
    table
}

/// Terms of one's own once more, and memories, to be typed.
fn own_terms(file: &RuleFile) -> String {
    let mut text = String::new();
    let own = file
        .rule
        .terms()
        .iter()
        .filter(|t| t.own_expression().is_some());
    for (place, term) in own.enumerate() {
        if place == 0 {
            text += "\nFor `--term`, own terms are\n\n";
        }
        let _ = writeln!(text, "    {term}");
    }
    for (place, memory) in file.rule.memories().iter().enumerate() {
        if place == 0 {
            text += "\nFor `--remember`, in this order, memories are\n\n";
        }
        let _ = writeln!(text, "    {memory}");
    }
    text
}

fn origin(file: &RuleFile) -> String {
    let architecture = &file.architecture;
    let activation = match architecture.activation() {
        Activation::Softplus => format!("softplus with β = {}", shown(architecture.beta())),
        other => other.to_string(),
    };
    let leak = unusual_leak(architecture).map(|leak| format!(", leak {}", shown(leak)));
    let mut text = format!(
        "- network: {}, {activation}{}\n- feedback: {}\n",
        architecture.description().replace(',', "-"),
        leak.unwrap_or_default(),
        file.feedback
    );
    if file.architecture.init_scale() != 1.0 {
        let scale = file.architecture.init_scale();
        let _ = writeln!(text, "- initial weights: times {}", shown(scale));
    }
    if file.rule.reward_delay() > 0 {
        let delay = file.rule.reward_delay();
        let _ = writeln!(text, "- rewards: {delay} steps after their actions");
    }
    if let Some(loss) = file.provenance.as_ref().and_then(|p| p.query_loss.as_ref()) {
        let _ = writeln!(text, "- scored by: {loss}");
    }
    if let Some(p) = &file.provenance {
        let _ = write!(
            text,
            "- tasks: {}, {} sampling, {} ways, {} shots, {} queries{}\n\
             - meta-training: {} × {} episodes (meta-batch {}), seed {}, {} with rate {}, λ = {}{}, {}\n",
            p.dataset,
            p.sampling,
            p.ways,
            p.shots,
            p.queries,
            p.steps
                .map_or(String::new(), |steps| format!(", {steps} steps")),
            p.trials,
            p.episodes,
            p.meta_batch,
            p.seed,
            p.optimizer,
            shown(p.lr),
            shown(p.lambda),
            p.penalty
                .as_ref()
                .map_or(String::new(), |penalty| format!(" ({penalty})")),
            p.precision,
        );
        if !p.held_out_classes.is_empty() {
            let classes: Vec<String> = p.held_out_classes.iter().map(usize::to_string).collect();
            let _ = writeln!(text, "- classes held out: {}", classes.join(", "));
        }
        let _ = writeln!(text, "- written by metaplast {}", p.version);
    }
    text
}

//! Records a network that learns by a rule, writes the recording, reads it as an experimenter's, and names
//! the rule.
//!
//! ```text
//! cargo run --release -p metaplast-identify --example recording -- ehebb runs/unknown.npz 96 runs/networks
//! ```
//!
//! The networks with which rules are told (96 of the twelve rules) are kept in the last directory.

use metaplast_experiment::Silent;
use metaplast_identify::naming::{
    ExperimentRecording, NamingSettings, RecordedPart, SeenRecording, name_rule, record,
};
use metaplast_identify::virtual_networks::{
    Archive, Condition, LearningTask, NetworkPlan, null_classes, rule_classes,
};
use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rule, file, networks, directory] = &arguments[..] else {
        return Err("give RULE FILE.npz NETWORKS DIRECTORY".into());
    };
    let classes = [rule_classes(), null_classes()].concat();
    let class = classes.iter().find(|class| class.name == *rule);
    let class = class.ok_or_else(|| format!("no rule {rule}"))?;

    // 20 units of each layer, 16 probes, 11 times, a little noise.
    let part = RecordedPart {
        condition: Condition {
            units: Some(20),
            noise: 0.1,
            probes: Some(16),
        },
        every: 2,
        ..RecordedPart::default()
    };
    let plan = NetworkPlan::draw(std::slice::from_ref(class), 0, 7);
    let recording = record(&plan, class, &LearningTask::images(), &part)?;
    let arrays = recording.to_arrays();
    let arrays: Vec<(&String, Tensor<f32>)> = arrays
        .iter()
        .map(|(name, array)| (name, array.cast()))
        .collect();
    npz::write(
        file,
        arrays.iter().map(|(name, array)| (name.as_str(), array)),
    )?;

    let read = ExperimentRecording::of_arrays(npz::read(file)?)?;
    let rounds = networks.parse::<u64>()? / rule_classes().len() as u64;
    let archive = Archive::new(directory, classes.clone(), 1);
    let known = archive.networks(rounds * classes.len() as u64, &Silent)?;
    let settings = NamingSettings::new(classes.len());
    let named = name_rule(&SeenRecording::of(&read), &known, &classes, &settings)?;
    for (family, p) in &named.families {
        println!("{family}: {p:.3}");
    }
    for (k, class) in classes.iter().enumerate() {
        let (p, value) = (named.posterior[k], named.p_values[k]);
        println!("{:<20} p {p:.3}, conformal p-value {value:.3}", class.name);
    }
    println!(
        "named {}; of networks seen alike {:.3} are named right",
        classes[named.named].name, named.accuracy.mean
    );
    if let Some(unlike) = named.unlikeness {
        println!(
            "as far or farther {:.3}, power {:.3}",
            unlike.as_far, unlike.power
        );
    }
    Ok(())
}

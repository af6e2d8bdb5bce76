//! Fixture files: which form they have, and episodes ready to run.

use metaplast_autodiff::SOFTPLUS_SWITCH;
use metaplast_plasticity::{Architecture, Rule};
use serde_json::Value;

use crate::expected::{Expected, field, integers, numbers};
use crate::generate::{self, Matrices, Samples, Set};

/// Terms of the files whose θ has five entries; the last two are never used.
const THREE: [usize; 3] = [0, 2, 9];

/// What a file holds.
pub(crate) enum Fixture {
    /// Each term alone, on given signals.
    Terms(Value),
    /// One episode of learning.
    Episode(Box<Episode>),
    /// Episodes with an Adam step after each.
    Adam(Vec<Episode>),
}

impl Fixture {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if let Some(episodes) = value.get("episodes") {
            let episodes = episodes.as_array().ok_or("`episodes` is no list")?;
            let episodes: Result<Vec<Episode>, String> =
                episodes.iter().cloned().map(Episode::read).collect();
            Ok(Fixture::Adam(episodes?))
        } else if value.get("theta").is_some() {
            Ok(Fixture::Episode(Box::new(Episode::read(value)?)))
        } else if value.get("F").is_some() {
            Ok(Fixture::Terms(value))
        } else {
            Err("not a form of fixture that this test knows".to_owned())
        }
    }
}

/// One episode: everything it takes to run it, and the file with the expected numbers.
pub(crate) struct Episode {
    pub(crate) architecture: Architecture,
    pub(crate) rule: Rule,
    /// Of the L1 penalty.
    pub(crate) lambda: f64,
    /// Forward weights, `[n_l, n_(l−1)]` each.
    pub(crate) weights: Vec<Vec<f64>>,
    /// Feedback weights; `None` where feedback is symmetric.
    pub(crate) feedback: Option<Vec<Vec<f64>>>,
    pub(crate) support: Samples,
    pub(crate) query: Samples,
    pub(crate) file: Value,
}

impl Episode {
    fn read(file: Value) -> Result<Self, String> {
        let sizes: Vec<usize> = integers(field(&file, "sizes")?)?
            .into_iter()
            .map(|n| n as usize)
            .collect();
        let number = |key: &str| field(&file, key)?.as_f64().ok_or(format!("`{key}`"));
        let architecture = Architecture::new(sizes.clone())
            .and_then(|architecture| architecture.with_beta(number("beta").unwrap_or(f64::NAN)))
            .map_err(|error| error.to_string())?;
        if let Some(switch) = file.get("softplus_threshold")
            && switch.as_f64() != Some(SOFTPLUS_SWITCH)
        {
            return Err(format!(
                "softplus switches at {SOFTPLUS_SWITCH}, not {switch}"
            ));
        }
        let weights = matrices(&file, "W0", &sizes, Matrices::Forward)?;
        let feedback = match field(&file, "fbk")?.as_str() {
            Some("fix") => Some(matrices(&file, "B", &sizes, Matrices::Feedback)?),
            Some("sym") => None,
            _ => return Err("`fbk` is neither `fix` nor `sym`".to_owned()),
        };
        let steps = field(&file, "steps")?.as_u64().ok_or("`steps`")? as usize;
        let mut support = samples(&file, "x_u8", "labels", &sizes, Set::Support)?;
        support.pixels.truncate(steps);
        support.labels.truncate(steps);
        if support.labels.len() < steps {
            return Err(format!("{} samples, {steps} steps", support.labels.len()));
        }
        Ok(Episode {
            rule: rule(&numbers(field(&file, "theta")?)?)?,
            lambda: number("lambda_l1")?,
            query: samples(&file, "xq_u8", "labels_q", &sizes, Set::Query)?,
            architecture,
            weights,
            feedback,
            support,
            file,
        })
    }
}

fn rule(theta: &[f64]) -> Result<Rule, String> {
    let (terms, theta) = match theta.len() {
        5 => (THREE.to_vec(), &theta[..3]),
        10 => ((0..10).collect(), theta),
        n => return Err(format!("`theta` has {n} entries, not 5 or 10")),
    };
    let rule = Rule::from_pool(&terms).and_then(|rule| rule.try_with_theta(theta));
    rule.map_err(|error| error.to_string())
}

/// Matrices as they stand in the file, or generated where it has fingerprints of them.
fn matrices(
    file: &Value,
    key: &str,
    sizes: &[usize],
    which: Matrices,
) -> Result<Vec<Vec<f64>>, String> {
    let given = field(file, key)?.as_array();
    let given = given.ok_or_else(|| format!("`{key}` is no list"))?;
    if given.len() != sizes.len() - 1 {
        return Err(format!("{} matrices in `{key}` for {sizes:?}", given.len()));
    }
    let matrices = if given.iter().any(Value::is_object) {
        generate::pathway(sizes, seed(file)?, which)
    } else {
        given.iter().map(numbers).collect::<Result<_, _>>()?
    };
    for (layer, matrix) in matrices.iter().enumerate() {
        if matrix.len() != sizes[layer] * sizes[layer + 1] {
            return Err(format!(
                "`{key}` has {} numbers in layer {}",
                matrix.len(),
                layer + 1
            ));
        }
    }
    Ok(matrices)
}

/// Inputs as they stand in the file, or generated; labels that differ from the file's are an error.
fn samples(
    file: &Value,
    pixels: &str,
    labels: &str,
    sizes: &[usize],
    set: Set,
) -> Result<Samples, String> {
    let expected: Vec<usize> = integers(field(file, labels)?)?
        .into_iter()
        .map(|label| label as usize)
        .collect();
    let samples = if let Some(rows) = file.get(pixels) {
        let rows = rows.as_array().ok_or_else(|| format!("`{pixels}`"))?;
        let row = |row: &Value| -> Result<Vec<u8>, String> {
            let byte = |pixel| u8::try_from(pixel).map_err(|_| format!("pixel {pixel}"));
            integers(row)?.into_iter().map(byte).collect()
        };
        Samples {
            pixels: rows.iter().map(row).collect::<Result<_, _>>()?,
            labels: expected.clone(),
        }
    } else if let Some(classes) = file.get("classes") {
        generate::discs(&integers(classes)?, seed(file)?, set)
    } else {
        generate::noise(sizes, seed(file)?, set, expected.len())
    };
    if samples.labels[..expected.len().min(samples.labels.len())] != expected[..] {
        return Err(format!(
            "the generated labels are not the file's `{labels}`"
        ));
    }
    if samples.pixels.len() != samples.labels.len() {
        return Err(format!("as many `{pixels}` as `{labels}`"));
    }
    if samples.pixels.iter().any(|x| x.len() != sizes[0]) {
        return Err(format!("`{pixels}` do not have {} pixels", sizes[0]));
    }
    if samples
        .labels
        .iter()
        .any(|&label| label >= sizes[sizes.len() - 1])
    {
        return Err(format!("`{labels}` beyond the outputs"));
    }
    Ok(samples)
}

fn seed(file: &Value) -> Result<u64, String> {
    let seed = field(file, "splitmix_seed")?.as_u64();
    seed.ok_or_else(|| "`splitmix_seed`".to_owned())
}

/// The expected tensors under `key`: a list of them, or a single one where `key` holds one.
pub(crate) fn expected_list(file: &Value, key: &str) -> Result<Vec<Expected>, String> {
    let items = field(file, key)?.as_array();
    let items = items.ok_or_else(|| format!("`{key}` is no list"))?;
    let tensors = items.iter().enumerate();
    tensors
        .map(|(place, item)| Expected::read(item, place))
        .collect()
}

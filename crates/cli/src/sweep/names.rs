//! Names of the directories of runs.

use toml::Value;

/// Longer names make trouble on some file systems.
const LONGEST_NAME: usize = 120;

/// A value in names and tables.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(shown).collect();
            values.join("-")
        }
        other => other.to_string(),
    }
}

/// `FA,lambda=0.01`: what tells the run from the others, in characters that every file system takes.
pub(super) fn directory_name(arm: Option<&String>, point: &[(String, String)]) -> String {
    let settings = point.iter().map(|(key, value)| format!("{key}={value}"));
    let parts: Vec<String> = arm.cloned().into_iter().chain(settings).collect();
    let name = match parts.is_empty() {
        true => "run".to_owned(),
        false => parts.join(","),
    };
    let plain = |c: char| c.is_alphanumeric() || "._-+,=".contains(c);
    let safe: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    let safe = safe.trim_start_matches('.').to_owned();
    if safe.len() <= LONGEST_NAME && safe == name {
        return safe;
    }
    // Two names may differ only in what was replaced or cut off.
    let cut: String = safe.chars().take(LONGEST_NAME / 2).collect();
    format!("{cut}-{:08x}", hash(&name))
}

/// FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

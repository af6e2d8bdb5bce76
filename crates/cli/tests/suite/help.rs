//! The version, help texts and shell completions.

use crate::common::{Sandbox, assert_refused};

#[test]
fn the_version_and_every_help_are_there() {
    let place = Sandbox::new();
    let version = place.succeed(&["--version"]);
    assert_eq!(
        version.trim(),
        concat!("metaplast ", env!("CARGO_PKG_VERSION"))
    );
    for command in [
        &["meta-train"][..],
        &["evaluate"],
        &["simulate"],
        &["fit"],
        &["explain"],
        &["report"],
        &["reproduce"],
        &["sweep"],
        &["discover"],
        &["gradcheck"],
        &["identify", "simulate"],
        &["identify", "test"],
        &["identify", "name"],
        &["data", "info"],
        &["data", "preview"],
        &["data", "fetch"],
        &["completions"],
        &["man"],
    ] {
        let help = place.succeed(&[command, &["--help"]].concat());
        assert!(help.contains("Example"), "{help}");
        let call = format!("metaplast {}", command.join(" "));
        assert!(help.matches(&call).count() >= 2, "{help}");
    }
}

/// Lines of a help text at a width of the terminal.
fn help_lines(place: &Sandbox, command: &str, width: usize) -> Vec<String> {
    let mut process = place.command(&[command, "--help"]);
    process.env("COLUMNS", width.to_string());
    let output = process.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn help_fills_the_width_of_the_terminal_and_no_more() {
    let place = Sandbox::new();
    for command in ["meta-train", "fit", "sweep", "evaluate"] {
        for width in [80, 100] {
            let lines = help_lines(&place, command, width);
            let widest = lines.iter().map(|line| line.chars().count()).max();
            let widest = widest.unwrap();
            assert!(widest <= width, "{command}: {widest} of {width} columns");
            assert!(
                widest > width - 10,
                "{command}: {widest} of {width} columns"
            );
            // Text that was broken for another width has lines of one or two words inside a paragraph.
            for three in lines.windows(3) {
                let inside = three
                    .iter()
                    .all(|line| line.starts_with(char::is_alphabetic));
                let short = three[1].chars().count() < 20;
                assert!(!(inside && short), "{command}: {three:?}");
            }
        }
    }
}

#[test]
fn flags_have_headings_and_help_lists_the_names() {
    let place = Sandbox::new();
    let help = place.succeed(&["meta-train", "--help"]);
    for heading in [
        "Rule:",
        "Network:",
        "Images and tasks:",
        "Episodes:",
        "Meta-gradient:",
        "Meta-optimiser:",
        "Execution:",
        "Output:",
    ] {
        assert!(help.lines().any(|line| line == heading), "no {heading}");
    }
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for names in [
        "[possible values: fa, bp, ehebb, oja, bio, pool, hebb,",
        "[possible values: fresh, paper]",
        "[possible values: reverse, gram, forward, truncated:50, es:16:0.0001]",
        "[possible values: f32, f64]",
    ] {
        assert!(help.contains(names), "no {names}");
    }
}

#[test]
fn completions_know_commands_flags_and_names() {
    let place = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = place.succeed(&["completions", shell]);
        for word in ["meta-train", "theta-scope", "completions"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    let script = place.succeed(&["completions", "bash"]);
    assert!(script.contains("fa bp ehebb oja bio pool"), "{script}");
    let refused = place.run(&["completions", "tcsh"]);
    assert_refused(&refused, &["tcsh", "bash, elvish"], &place.path("tcsh"));
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Sandbox::new();
    let pages = place.path("man");
    place.succeed(&["man", pages.to_str().unwrap()]);
    let read = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
    assert!(read("metaplast.1").contains("meta\\-train"));
    assert!(read("metaplast-meta-train.1").contains("theta\\-scope"));
    assert!(read("metaplast-identify-name.1").contains("RECORDING"));
    std::fs::write(place.path("file"), "").unwrap();
    let refused = place.run(&["man", "file"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("error: file: "));
}

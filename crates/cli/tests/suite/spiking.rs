//! The experiments of spiking networks: generated patterns, WAV files, and what is refused.

use crate::common::{Sandbox, assert_refused, object, stderr};

/// Sizes of `bip-digits` that take a moment.
const TINY: [&str; 10] = [
    "--set",
    "recordings=3",
    "--set",
    "held_out=1",
    "--set",
    "layers=10,8",
    "--set",
    "epochs=1",
    "--trials",
    "2",
];

/// A WAV file, mono, 16 bit, 8 kHz: half a second of a tone.
fn tone(hertz: f64) -> Vec<u8> {
    let samples = (0..4000).map(|k| {
        (0.5 * (hertz * f64::from(k) / 8000.0 * std::f64::consts::TAU).sin() * 32767.0) as i16
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let size = data.len() as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + size).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(size.to_le_bytes());
    wav.extend(data);
    wav
}

/// Tones of two pitches by two speakers, three recordings each.
fn tones(place: &Sandbox, name: &str) {
    std::fs::create_dir(place.path(name)).unwrap();
    for (class, hertz) in [("low", 300.0), ("high", 1500.0)] {
        for (speaker, shift) in [("ada", 1.0), ("bob", 1.1)] {
            for number in 0..3 {
                let wav = tone(hertz * shift + 5.0 * f64::from(number));
                place.write(&format!("{name}/{class}_{speaker}_{number}.wav"), wav);
            }
        }
    }
}

#[test]
fn the_networks_of_bip_digits_are_compared_on_any_number_of_threads() {
    let place = Sandbox::new();
    let run = |out: &str, threads: &str| {
        let flags = ["--quick", "--quiet", "--threads", threads, "--out", out];
        place.succeed(&[&["reproduce", "bip-digits"][..], &TINY, &flags].concat())
    };
    let said = run("a", "1");
    assert!(
        said.contains("scsr+bip")
            && said.contains("BIP adds")
            && said.contains("report: a/report.html"),
        "{said}"
    );
    run("b", "3");
    let results = |out: &str| {
        let results = object(&place.read(&format!("{out}/results.json")));
        let mut results = results.as_object().unwrap().clone();
        // It names the directory.
        results.remove("command").unwrap();
        results
    };
    assert_eq!(results("a"), results("b"));
    let page = place.read("a/report.html");
    for words in [
        "Spikes of one clip",
        "spike rates",
        "Accuracy in the course of training",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // What was measured is not measured again.
    let file = std::fs::read_dir(place.path("a/measurements"))
        .unwrap()
        .next();
    std::fs::remove_file(file.unwrap().unwrap().path()).unwrap();
    run("a", "2");
    assert_eq!(results("a"), results("b"));
}

#[test]
fn directories_of_recordings_are_heard_by_recording_and_by_speaker() {
    let place = Sandbox::new();
    tones(&place, "tones");
    let flags = [
        "reproduce",
        "bip-digits",
        "--quick",
        "--data",
        "tones",
        "--set",
        "splits=recordings,speakers",
        "--set",
        "networks=scsr",
        "--out",
        "o",
        "--json",
    ];
    let said = place.succeed(&[&flags[..], &TINY].concat());
    let rows: Vec<_> = said.lines().map(object).collect();
    let held_out: Vec<_> = rows
        .iter()
        .map(|row| row["held out"].as_str().unwrap())
        .collect();
    assert_eq!(
        held_out,
        [
            "new recordings",
            "new speaker ada",
            "new speaker bob",
            "new speakers, mean"
        ]
    );
    let results = place.read("o/results.json");
    assert!(
        results.contains("12 clips of 2 classes by 2 speakers"),
        "{results}"
    );
}

/// `three-factor-digits` in a size that takes a moment, with more flags.
fn three_factors<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let tiny = [
        "reproduce",
        "three-factor-digits",
        "--quick",
        "--quiet",
        "--set",
        "recordings=4",
        "--set",
        "layers=8,6",
        "--set",
        "stream=20",
        "--set",
        "episodes=2",
        "--set",
        "points=2",
        "--trials",
        "1",
    ];
    [&tiny[..], more].concat()
}

#[test]
fn three_factor_rules_are_meta_learned_and_compared() {
    let place = Sandbox::new();
    let said = place.succeed(&three_factors(&["--out", "a"]));
    for words in [
        "readout alone",
        "e-prop",
        "meta-learned",
        "BPTT",
        "eprop = ",
    ] {
        assert!(
            said.contains(words) || place.read("a/report.html").contains(words),
            "{words}: {said}"
        );
    }
    let own = [
        "--set",
        "terms=eprop = -(e .* slope) * psp^T",
        "--set",
        "memories=psp = psp + k * (y_pre - psp)",
        "--out",
        "b",
    ];
    place.succeed(&three_factors(&own));
    for (set, words) in [
        ("terms=eprop = e * y", ["terms", "column"]),
        ("memories=psp", ["memories", "NAME"]),
        ("stream=100000", ["stream", "to learn from"]),
        ("shots=50", ["shots", "clips of each class"]),
    ] {
        let output = place.run(&three_factors(&["--set", set, "--out", "q"]));
        assert_refused(&output, &words, &place.path("q/results.json"));
    }
}

#[test]
fn what_cannot_be_heard_or_compared_is_refused() {
    let place = Sandbox::new();
    tones(&place, "tones");
    for (flags, words) in [
        (
            ["--set", "networks=scsr+pib"],
            ["networks", "there is no network scsr+pib"],
        ),
        (["--set", "layers=0"], ["layers", "whole numbers"]),
        (["--set", "held_out=9"], ["splits", "both are needed"]),
    ] {
        let flags = [
            &["reproduce", "bip-digits", "--quick"][..],
            &TINY,
            &flags,
            &["--out", "q"],
        ]
        .concat();
        assert_refused(&place.run(&flags), &words, &place.path("q/results.json"));
    }
    let flags = [
        "reproduce",
        "bip-digits",
        "--quick",
        "--data",
        "nowhere",
        "--out",
        "q",
    ];
    let output = place.run(&flags);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("nowhere: cannot read") && !place.path("q/results.json").exists(),
        "{said}"
    );
}

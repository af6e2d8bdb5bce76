//! Recordings and events from files, and generated ones.

use std::fs;
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};
use metaplast_spiking::{
    GeneratedSpeech, SpikeClips, read_events, read_speech, read_wav, write_events,
};
use metaplast_tensor::exchange::npz;
use metaplast_tensor::{Tensor, tensor};

/// A tone of a tenth of a second.
fn write_tone(path: &Path, hertz: f64, spec: WavSpec) {
    let mut writer = WavWriter::create(path, spec).unwrap();
    for t in 0..spec.sample_rate / 10 {
        let x = (std::f64::consts::TAU * hertz * f64::from(t) / f64::from(spec.sample_rate)).sin();
        for channel in 0..spec.channels {
            let x = if channel == 0 { x } else { 0.0 };
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample((0.5 * x) as f32).unwrap(),
                SampleFormat::Int => {
                    let full = f64::from(1 << (spec.bits_per_sample - 2));
                    writer.write_sample((full * x) as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
}

const SPEC: WavSpec = WavSpec {
    channels: 1,
    sample_rate: 8000,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

#[test]
fn every_kind_of_sample_is_the_same_sound() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tone.wav");
    let float = WavSpec {
        bits_per_sample: 32,
        sample_format: SampleFormat::Float,
        ..SPEC
    };
    for (spec, within) in [
        (SPEC, 1e-4),
        (
            WavSpec {
                bits_per_sample: 8,
                ..SPEC
            },
            2e-2,
        ),
        (
            WavSpec {
                bits_per_sample: 24,
                ..SPEC
            },
            1e-6,
        ),
        (float, 1e-6),
    ] {
        write_tone(&path, 440.0, spec);
        let sound = read_wav(&path).unwrap();
        assert_eq!((sound.rate, sound.samples.len()), (8000, 800));
        for (t, sample) in sound.samples.iter().enumerate() {
            let tone = 0.5 * (std::f64::consts::TAU * 440.0 * t as f64 / 8000.0).sin();
            assert!(
                (sample - tone).abs() < within,
                "{spec:?}: {sample} at {t}, not {tone}"
            );
        }
    }
    write_tone(
        &path,
        440.0,
        WavSpec {
            channels: 2,
            ..SPEC
        },
    );
    let stereo = read_wav(&path).unwrap();
    assert_eq!(stereo.samples.len(), 800);
    assert!(stereo.samples.iter().all(|sample| sample.abs() <= 0.25));
}

#[test]
fn names_tell_class_speaker_and_number() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for name in ["1_ann_0", "1_ann_10", "1_ann_2", "0_bob_1", "10_ann_0"] {
        write_tone(&here.join(format!("{name}.wav")), 300.0, SPEC);
    }
    fs::write(here.join("README.md"), "").unwrap();
    fs::write(here.join(".hidden.wav"), "").unwrap();
    let clips = read_speech(here).unwrap();
    assert_eq!(clips.classes, ["0", "1", "10"]);
    assert_eq!(clips.speakers(), ["ann", "bob"]);
    let told: Vec<(usize, &str, usize)> = clips
        .clips
        .iter()
        .map(|clip| (clip.label, clip.speaker.as_str(), clip.recording))
        .collect();
    assert_eq!(
        told,
        [
            (0, "bob", 1),
            (1, "ann", 0),
            (1, "ann", 2),
            (1, "ann", 10),
            (2, "ann", 0)
        ]
    );
    assert!(clips.mean_spikes() > 0.0);
    let split = clips.split_by_recording(1);
    assert_eq!((split.test, split.train), (vec![1, 4], vec![0, 2, 3]));
    assert_eq!(clips.split_by_speaker("bob").test, [0]);
}

#[test]
fn classes_may_be_directories() {
    let directory = tempfile::tempdir().unwrap();
    for (class, names) in [("yes", ["a", "b"]), ("no", ["ann_3", "bob_1"])] {
        fs::create_dir(directory.path().join(class)).unwrap();
        for name in names {
            let path = directory.path().join(class).join(format!("{name}.WAV"));
            write_tone(&path, 500.0, SPEC);
        }
    }
    let clips = read_speech(directory.path()).unwrap();
    assert_eq!(clips.classes, ["no", "yes"]);
    let told: Vec<(&str, usize)> = clips
        .clips
        .iter()
        .map(|clip| (clip.speaker.as_str(), clip.recording))
        .collect();
    assert_eq!(told, [("ann", 3), ("bob", 1), ("a", 0), ("b", 0)]);
}

#[test]
fn what_cannot_be_read_is_told_in_one_line_with_a_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let error = |path: &Path| read_speech(path).unwrap_err().to_string();
    assert!(error(here).contains("no recordings here; name a directory"));
    assert!(error(&here.join("missing")).contains("cannot read"));
    write_tone(&here.join("tone.wav"), 300.0, SPEC);
    assert!(error(here).ends_with("or put it into a directory named by its class"));
    fs::remove_file(here.join("tone.wav")).unwrap();
    fs::write(here.join("1_ann_0.wav"), "not a sound").unwrap();
    assert!(error(here).contains("1_ann_0.wav: no WAV file that can be read"));
    write_tone(
        &here.join("1_ann_0.wav"),
        300.0,
        WavSpec {
            sample_rate: 4000,
            ..SPEC
        },
    );
    assert!(error(here).contains("4000 samples a second"));
}

/// Clips that differ in everything.
fn few() -> SpikeClips {
    let mut clips = GeneratedSpeech {
        speakers: 2,
        recordings: 2,
        ..GeneratedSpeech::default()
    }
    .clips(1);
    for clip in &mut clips.clips {
        clip.speaker = clip.speaker.replace("speaker ", "");
        clip.speaker = (clip.speaker.parse::<usize>().unwrap() - 1).to_string();
    }
    clips
}

#[test]
fn events_come_back_from_their_archive() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.npz");
    write_events(&path, &few()).unwrap();
    assert_eq!(read_events(&path).unwrap(), few());
}

#[test]
fn damaged_events_are_told_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.npz");
    let whole = || {
        vec![
            ("shape", tensor![4.0, 3.0]),
            ("labels", tensor![0.0, 1.0]),
            ("clip", tensor![0.0, 1.0]),
            ("step", tensor![0.0, 3.0]),
            ("channel", tensor![2.0, 1.0]),
        ]
    };
    let read = |arrays: &[(&str, Tensor<f64>)]| {
        npz::write(&path, arrays.iter().map(|(name, tensor)| (*name, tensor))).unwrap();
        read_events(&path)
    };
    let good = read(&whole()).unwrap();
    assert_eq!(
        (good.clips[0].spikes[2], good.clips[1].spikes[3 * 3 + 1]),
        (1, 1)
    );
    for (place, wrong, message) in [
        (0, tensor![4.0], "shape has 1 numbers, not 2"),
        (0, tensor![0.0, 3.0], "2 clips of 0 steps and 3 channels"),
        (0, tensor![1e14, 3.0], "2 clips of 100000000000000 steps"),
        (1, tensor![0.5, 1.0], "entry 0 of labels is 0.5"),
        (
            2,
            tensor![0.0, 2.0],
            "entry 1 of clip is 2, not a whole number from 0 to below 2",
        ),
        (3, tensor![0.0, 4.0], "entry 1 of step is 4"),
        (3, tensor![0.0], "step has the shape [1], not (2)"),
        (4, tensor![-1.0, 0.0], "entry 0 of channel is -1"),
        (4, tensor![f64::NAN, 0.0], "entry 0 of channel is NaN"),
    ] {
        let mut arrays = whole();
        arrays[place].1 = wrong;
        let error = read(&arrays).unwrap_err().to_string();
        assert!(
            error.contains(message) && error.contains("wanted are the arrays"),
            "{error}"
        );
    }
    let error = read(&whole()[1..]).unwrap_err().to_string();
    assert!(error.contains("there is no array shape"), "{error}");
}

#[test]
fn generated_patterns_have_the_spikes_of_speech_and_are_never_the_same() {
    let clips = GeneratedSpeech {
        speakers: 3,
        recordings: 4,
        ..GeneratedSpeech::default()
    }
    .clips(7);
    assert_eq!(clips.clips.len(), 120);
    assert!(
        (200.0..500.0).contains(&clips.mean_spikes()),
        "{}",
        clips.mean_spikes()
    );
    for (k, clip) in clips.clips.iter().enumerate() {
        assert!(
            clips.clips[..k]
                .iter()
                .all(|other| other.spikes != clip.spikes)
        );
    }
    let split = clips.split_by_recording(1);
    assert_eq!((split.test.len(), split.train.len()), (30, 90));
}

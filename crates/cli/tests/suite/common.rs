//! Running the command in a directory of its own, on nets that take no time.

use std::path::{Path, PathBuf};
use std::process::Output;

use metaplast_data::idx;
use tempfile::TempDir;

/// Settings of tasks that take a moment.
pub(crate) const TINY_TASKS: [&str; 8] = [
    "--glyphs-per-class",
    "6",
    "--ways",
    "2",
    "--shots",
    "3",
    "--queries",
    "2",
];

/// Settings of a net and tasks that take a moment.
pub(crate) const TINY: [&str; 10] = [
    "--glyphs-per-class",
    "6",
    "--layers",
    "784,8,47",
    "--ways",
    "2",
    "--shots",
    "3",
    "--queries",
    "2",
];

/// What a run writes that follows from its configuration.
pub(crate) const RUN_FILES: [&str; 4] = ["config.toml", "episodes.csv", "rule.toml", "rule.md"];

/// How often something is done: as an environment variable says, or as usual.
pub(crate) fn number(name: &str, usual: u32) -> u32 {
    std::env::var(name).map_or(usual, |n| n.parse().unwrap())
}

/// A directory in which commands run, gone afterwards.
pub(crate) struct Sandbox {
    directory: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Sandbox {
            directory: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    /// Names in the directory, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = self.directory.path().read_dir().unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// `metaplast` with these arguments, to be run in the directory.
    pub(crate) fn command<S: AsRef<str>>(&self, arguments: &[S]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_metaplast"));
        command.current_dir(self.directory.path());
        // What the user of this machine has fetched, and how, is no matter of the tests.
        command.env("METAPLAST_CACHE", self.path("cache"));
        for name in [
            "METAPLAST_SOURCES",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
        ] {
            command.env_remove(name);
        }
        command.args(arguments.iter().map(AsRef::as_ref));
        command
    }

    /// Runs `metaplast` with these arguments.
    pub(crate) fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it, expects success, and returns standard output.
    pub(crate) fn succeed<S: AsRef<str>>(&self, arguments: &[S]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Meta-trains a tiny net into `out`.
    pub(crate) fn meta_train(&self, out: &str, more: &[&str]) -> String {
        let arguments = [&["meta-train", "--out", out], &TINY[..], more].concat();
        self.succeed(&arguments)
    }

    /// Asserts that the configuration of a run repeats these of its files byte for byte, in another directory.
    #[track_caller]
    pub(crate) fn assert_repeats(&self, run: &str, files: &[&str]) {
        let config = format!("{run}/config.toml");
        self.succeed(&[
            "meta-train",
            "--config",
            &config,
            "--out",
            "again",
            "--quiet",
        ]);
        for file in files {
            let bytes = |run: &str| self.read(&format!("{run}/{file}"));
            assert_eq!(bytes(run), bytes("again"), "{run}: {file}");
        }
        std::fs::remove_dir_all(self.path("again")).unwrap();
    }

    /// Meta-trains into `rules` and returns the path of the rule.
    pub(crate) fn rule(&self) -> &'static str {
        self.meta_train("rules", &["--episodes", "4", "--quiet"]);
        "rules/rule.toml"
    }

    /// Writes a data set of 2×2 images into the directory `name`: `per_class[c]` images of class c.
    pub(crate) fn idx(&self, name: &str, per_class: &[usize]) -> PathBuf {
        let directory = self.path(name);
        std::fs::create_dir(&directory).unwrap();
        let labels: Vec<u8> = per_class
            .iter()
            .enumerate()
            .flat_map(|(class, &n)| std::iter::repeat_n(class as u8, n))
            .collect();
        let pixels: Vec<u8> = (0..4 * labels.len())
            .map(|i| (i * 37 % 256) as u8)
            .collect();
        idx::write_images(&directory.join(IMAGES), 2, 2, &pixels).unwrap();
        idx::write_labels(&directory.join(LABELS), &labels).unwrap();
        directory
    }

    /// Writes a directory `name` with one of `per_class` PNG files of 9×6 pixels for each class.
    pub(crate) fn png_folders(&self, name: &str, classes: &[&str], per_class: usize) -> PathBuf {
        let directory = self.path(name);
        for (c, class) in classes.iter().enumerate() {
            std::fs::create_dir_all(directory.join(class)).unwrap();
            for k in 0..per_class {
                let pixels: Vec<u8> = (0..54)
                    .map(|i| ((i + 7 * c) * (k + 3) % 120) as u8)
                    .collect();
                let path = directory.join(class).join(format!("{k}.png"));
                let file = std::fs::File::create(path).unwrap();
                let mut encoder = png::Encoder::new(file, 9, 6);
                encoder.set_color(png::ColorType::Grayscale);
                let mut writer = encoder.write_header().unwrap();
                writer.write_image_data(&pixels).unwrap();
            }
        }
        directory
    }
}

pub(crate) const IMAGES: &str = "few-images-idx3-ubyte";
pub(crate) const LABELS: &str = "few-labels-idx1-ubyte";

/// An object of JSON, from a line or a file.
pub(crate) fn object(text: &str) -> serde_json::Value {
    serde_json::from_str(text.trim()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts that a request was refused in one line that holds `words`, and that `out` is not there.
#[track_caller]
pub(crate) fn assert_refused(output: &Output, words: &[&str], out: &Path) {
    assert_refused_in_lines(output, words, 1);
    assert!(!out.exists(), "{} is there", out.display());
}

/// The same for messages of up to `lines` lines.
#[track_caller]
pub(crate) fn assert_refused_in_lines(output: &Output, words: &[&str], lines: usize) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.starts_with("error: "), "{message}");
    let found = message.lines().count();
    assert!(found <= lines, "{found} lines: {message}");
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
    assert!(output.stdout.is_empty());
}

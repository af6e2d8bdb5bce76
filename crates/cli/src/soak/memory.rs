//! Whether the memory of this process stays what it was.

/// Growth of the process that is the allocator's own affair.
const SLACK: u64 = 16 << 20;

/// Memory of the process after a tenth of the work, and the most of any time later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Watermark {
    early: Option<u64>,
    most_later: Option<u64>,
}

impl Watermark {
    /// Looks at the memory; `progress` is the part of the work that is done, 0 to 1.
    pub(crate) fn look(&mut self, progress: f64) {
        if progress < 0.1 {
            return;
        }
        let now = resident();
        self.early = self.early.or(now);
        self.most_later = self.most_later.max(now);
    }

    /// Whether the memory grew by more than an allocator's habits.
    pub(crate) fn grew(&self) -> bool {
        match (self.early, self.most_later) {
            (Some(early), Some(most)) => most > early + early / 10 + SLACK,
            _ => false,
        }
    }

    /// In words.
    pub(crate) fn describe(&self) -> String {
        match (self.early, self.most_later) {
            (Some(early), Some(most)) => {
                let megabytes = |bytes: u64| bytes as f64 / 1e6;
                format!(
                    "memory {:.1} MB after a tenth of them, at most {:.1} MB later",
                    megabytes(early),
                    megabytes(most)
                )
            }
            _ => "memory not known on this system".to_owned(),
        }
    }
}

/// Bytes of this process in memory, where the system tells.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(1024 * kilobytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_growth() {
        let marks = |early, most| Watermark {
            early: Some(early),
            most_later: Some(most),
        };
        assert!(!marks(10 << 20, 26 << 20).grew());
        assert!(marks(10 << 20, 28 << 20).grew());
        assert!(!Watermark::default().grew());
    }
}

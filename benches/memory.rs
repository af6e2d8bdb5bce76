//! The most bytes that one episode's value and gradient hold at a time, as the allocator is asked
//! for them: weights, tape and all, without the images. Another episode on the same runner asks for
//! what it does not keep, as the gradient.
//!
//! ```text
//! cargo bench --bench memory
//! ```

mod work;

use metaplast::meta::gradient::{GradientMode, Segments, Unroll, Within};
use metaplast::plasticity::{Feedback, Preset};
use metaplast_counting::{Counting, peak_bytes};
use work::{Ink, Work, model, rules};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The peak of an episode on a new runner, and of another one on the same runner.
fn peaks(
    work: &Work,
    (preset, feedback): (Preset, Feedback),
    steps: Option<u64>,
    mode: GradientMode,
) -> (usize, usize) {
    let new = || {
        let mut episode = work.episode(model(preset, feedback), steps, mode);
        episode.run(true);
        episode
    };
    let (mut episode, first) = peak_bytes(new);
    let (_, again) = peak_bytes(|| episode.run(true));
    (first, again)
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let work = Work::new(Ink::Third);
    println!("peak bytes of an episode, above the images\n");
    println!(
        "{:<32} {:>10} {:>22}",
        "", "the first", "another, on top of it"
    );
    let show = |name: String, (first, again): (usize, usize)| {
        let megabytes = |bytes: usize| bytes as f64 / 1e6;
        let (first, again) = (megabytes(first), megabytes(again));
        println!("{name:<32} {first:>7.2} MB {again:>19.2} MB");
    };
    for (name, preset, feedback) in rules() {
        let peaks = peaks(&work, (preset, feedback), None, GradientMode::default());
        show(format!("{name}, 250 steps"), peaks);
    }
    let bio = |steps, mode| {
        let bio = (Preset::Bio, Feedback::fixed());
        peaks(&work, bio, Some(steps), mode)
    };
    let undo = GradientMode::Reverse(Unroll::Segments(Segments {
        steps: 100,
        checkpoints: 20,
        within: Within::Undo,
    }));
    let lengths: &[u64] = if quick { &[10] } else { &[10, 250, 1000, 4000] };
    for &steps in lengths {
        show(
            format!("bio, {steps} steps, tape"),
            bio(steps, GradientMode::default()),
        );
        show(format!("bio, {steps} steps, undo 100/20"), bio(steps, undo));
        // Forward mode holds the same whatever the number of steps.
        if steps <= 250 {
            show(
                format!("bio, {steps} steps, forward"),
                bio(steps, GradientMode::Forward),
            );
        }
    }
}

//! The most bytes that one episode's value and gradient hold at a time, as the allocator is asked
//! for them, beside the images: weights, tape and all.
//!
//! ```text
//! cargo bench --bench memory
//! ```

mod work;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use metaplast::meta::course::{Course, Gradient, Segments, Unroll, Within};
use metaplast::plasticity::{Feedback, Preset};
use work::{Ink, RULES, Work, model};

/// The system's allocator, with the bytes held now and the most that were held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn add(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(held, Relaxed);
}

// SAFETY: every request goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Counted as the new size alone, though a buffer that moves may take both for a moment.
        HELD.fetch_sub(layout.size(), Relaxed);
        add(size);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The peak of two episodes on one learner, above what was held before, and by how much the second
/// one raised it.
fn peak(work: &Work, preset: Preset, feedback: Feedback, course: Course) -> (usize, usize) {
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    let mut episode = work.episode(model(preset, feedback), course);
    episode.run(true);
    let first = PEAK.load(Relaxed);
    episode.run(true);
    let second = PEAK.load(Relaxed);
    (second - before, second - first)
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let work = Work::new(Ink::Third);
    println!("peak bytes of an episode, above the images\n");
    println!("{:<40} {:>9}  second episode", "", "MB");
    let show = |name: String, (peak, more): (usize, usize)| {
        println!("{name:<40} {:>9.2}  +{more} bytes", peak as f64 / 1e6);
    };
    for (name, preset, feedback) in RULES {
        let peak = peak(&work, preset, feedback, Course::default());
        show(format!("{name}, 250 steps"), peak);
    }
    let bio = |steps, gradient| {
        let course = Course {
            steps: Some(steps),
            gradient,
        };
        peak(&work, Preset::Bio, Feedback::Fixed, course)
    };
    let undo = Gradient::Reverse(Unroll::Segments(Segments {
        steps: 100,
        checkpoints: 20,
        within: Within::Undo,
    }));
    let lengths: &[u64] = if quick { &[10] } else { &[10, 250, 1000, 4000] };
    for &steps in lengths {
        show(
            format!("bio, {steps} steps, tape"),
            bio(steps, Gradient::default()),
        );
        show(format!("bio, {steps} steps, undo 100/20"), bio(steps, undo));
        // Forward mode holds the same whatever the number of steps.
        if steps <= 250 {
            show(
                format!("bio, {steps} steps, forward"),
                bio(steps, Gradient::Forward),
            );
        }
    }
}

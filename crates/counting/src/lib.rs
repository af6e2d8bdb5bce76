//! The system's allocator, counting what each thread asks it for; for tests only.
//!
//! A test binary installs it with
//!
//! ```text
//! #[global_allocator]
//! static ALLOCATOR: metaplast_counting::Counting = metaplast_counting::Counting;
//! ```
//!
//! and measures what a closure does on its own thread with [`requests`] and [`peak_bytes`], so that
//! tests that run beside each other do not count each other's. Without that line both give 0.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting.
pub struct Counting;

/// What a thread has asked for so far.
#[derive(Clone, Copy)]
struct Counts {
    requests: usize,
    /// Bytes asked for less bytes given back, which may have come from another thread.
    held: isize,
    most_held: isize,
}

thread_local! {
    static COUNTS: Cell<Counts> = const {
        Cell::new(Counts {
            requests: 0,
            held: 0,
            most_held: 0,
        })
    };
}

fn count(requests: usize, bytes: isize) {
    // A thread that is being torn down has no counter any more, and nothing to count.
    let _ = COUNTS.try_with(|counts| {
        let mut now = counts.get();
        now.requests += requests;
        now.held += bytes;
        now.most_held = now.most_held.max(now.held);
        counts.set(now);
    });
}

/// A layout is never larger than `isize::MAX`.
fn signed(bytes: usize) -> isize {
    bytes as isize
}

// SAFETY: every request goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, signed(layout.size()));
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, -signed(layout.size()));
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, signed(size) - signed(layout.size()));
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// How often this thread asks for memory while `run` runs, growing included and giving back not.
pub fn requests(run: impl FnOnce()) -> usize {
    let before = COUNTS.get().requests;
    run();
    COUNTS.get().requests - before
}

/// What `run` returns, and the most bytes that this thread holds while it runs, beyond what it held
/// before.
pub fn peak_bytes<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let mut start = COUNTS.get();
    let outer = start.most_held;
    start.most_held = start.held;
    COUNTS.set(start);
    let result = run();
    let mut end = COUNTS.get();
    let peak = end.most_held - start.held;
    end.most_held = end.most_held.max(outer);
    COUNTS.set(end);
    (result, peak.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    #[test]
    fn requests_and_peaks_are_counted() {
        assert_eq!(requests(|| ()), 0);
        assert_eq!(requests(|| drop(Vec::<u8>::with_capacity(10))), 1);
        let kept = Vec::<u8>::with_capacity(5000);
        let (grown, peak) = peak_bytes(|| {
            drop(Vec::<u8>::with_capacity(1000));
            let (_, inner) = peak_bytes(|| drop(Vec::<u8>::with_capacity(300)));
            assert_eq!(inner, 300);
            Vec::<u8>::with_capacity(700)
        });
        assert_eq!(peak, 1000);
        drop((kept, grown));
    }
}

//! Team: a few threads that share the rows or columns of one large matrix.
//!
//! A kernel on a matrix of a million numbers takes a fraction of a millisecond, and a step of learning is made of
//! dozens. Threads that were woken for each would still be waking up when it ends, so those of a team look out for
//! work for a while before they sleep: handing it over then takes less than a microsecond.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Matrices with fewer elements stay on one thread, unless a team [is told otherwise](Team::with_least). Smaller ones
/// stay in a processor's own cache from one kernel to the next, and would have to leave it.
const LEAST: usize = 1 << 19;

/// How long a thread looks out for work before it sleeps: longer than the work on vectors that lies between two
/// kernels on matrices.
const LOOKOUT: Duration = Duration::from_micros(150);

/// Looks between two of which a thread looks at the clock.
const LOOKS: usize = 64;

/// Waits until something is there, at first without giving its processor away: what it waits for takes less time
/// than a thread that sleeps to wake up.
fn wait_for<R>(mut look: impl FnMut() -> Option<R>) -> R {
    loop {
        if let Some(found) = look_for(&mut look) {
            return found;
        }
        thread::yield_now();
    }
}

/// Looks for something for a while.
fn look_for<R>(mut look: impl FnMut() -> Option<R>) -> Option<R> {
    let begin = Instant::now();
    while begin.elapsed() < LOOKOUT {
        for _ in 0..LOOKS {
            if let found @ Some(_) = look() {
                return found;
            }
            std::hint::spin_loop();
        }
    }
    None
}

/// Threads that share the work of kernels on large matrices.
///
/// The kernels of [padded matrices](crate::kernels::padded) and the [fused](crate::kernels::fused) ones, called by
/// a thread within [`lead`](Self::lead), divide their rows or columns among the team. Each number is formed by the
/// same additions in the same order as on one thread, so the number of threads changes no bit.
///
/// ```
/// use metaplast_tensor::Team;
/// use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
///
/// let (mut w, mut x) = (PaddedMatrix::new(), PaddedMatrix::new());
/// w.assign(800, 800, &vec![0.1_f32; 640_000]);
/// x.assign(1, 800, &vec![0.7; 800]);
/// let product = || {
///     let mut y = vec![0.0; 800];
///     w.dots(Rows::Range(0..800), &x, &[0], &mut [&mut y]);
///     y
/// };
/// let team = Team::new(2)?;
/// assert_eq!(team.lead(product), product());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Team {
    members: Arc<Members>,
    least: usize,
}

impl Team {
    /// A team of so many threads, the one that [leads](Self::lead) it counted; none counts as one.
    ///
    /// # Errors
    /// When the operating system starts no more threads.
    pub fn new(threads: usize) -> io::Result<Self> {
        let mut members = Members {
            post: Arc::new(Post::default()),
            busy: AtomicBool::new(false),
            threads: Vec::new(),
        };
        for part in 1..threads {
            let post = Arc::clone(&members.post);
            let thread = thread::Builder::new().name(format!("team {part}"));
            members.threads.push(thread.spawn(move || post.serve())?);
        }
        Ok(Team {
            members: Arc::new(members),
            least: LEAST,
        })
    }

    /// The same for matrices of so many elements and more, counted in the rows that a kernel works on.
    #[must_use]
    pub fn with_least(self, elements: usize) -> Self {
        Team {
            least: elements,
            ..self
        }
    }

    /// Threads, the one that leads counted.
    ///
    /// ```
    /// assert_eq!(metaplast_tensor::Team::new(3)?.threads(), 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn threads(&self) -> usize {
        self.members.threads.len() + 1
    }

    /// Runs `body`, whose kernels on large matrices the team shares. Only those that this thread itself calls: where
    /// `body` starts threads, these work alone. Several threads may lead one team; those that find it busy work alone.
    pub fn lead<R>(&self, body: impl FnOnce() -> R) -> R {
        let team = (self.threads() > 1).then(|| self.clone());
        let before = Cell::new(set(team));
        let _restore = Guard(|| drop(set(before.take())));
        body()
    }

    /// Runs `work` on each of the parts, and returns when all are done.
    ///
    /// A thread that is done takes the next one: none waits for another to wake up.
    pub(crate) fn each<P: Send>(&self, parts: Vec<P>, work: &(dyn Fn(P) + Sync)) {
        let Members { post, busy, .. } = &*self.members;
        if busy.swap(true, Ordering::Acquire) {
            return parts.into_iter().for_each(work);
        }
        let _free = Guard(|| busy.store(false, Ordering::Release));
        let parts = Mutex::new(parts.into_iter());
        let next = || lock(&parts).next();
        post.run(&|| {
            while let Some(part) = next() {
                work(part);
            }
        });
    }
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Team {{ threads: {}, least: {} }}",
            self.threads(),
            self.least
        )
    }
}

thread_local! {
    /// From how many elements on the team that this thread leads shares work; more than there are where it leads none.
    static LEAST_SHARED: Cell<usize> = const { Cell::new(usize::MAX) };
    static LED: RefCell<Option<Team>> = const { RefCell::new(None) };
}

/// Makes this the team that the calling thread leads; returns what was it before.
fn set(team: Option<Team>) -> Option<Team> {
    LEAST_SHARED.set(team.as_ref().map_or(usize::MAX, |team| team.least));
    LED.replace(team)
}

/// The team that shares a kernel on so many elements with the calling thread.
#[inline]
pub(crate) fn sharing(elements: usize) -> Option<Team> {
    match elements >= LEAST_SHARED.get() {
        true => LED.with_borrow(Clone::clone),
        false => None,
    }
}

/// What the clones of a team have in common.
struct Members {
    post: Arc<Post>,
    /// Whether a thread leads at present.
    busy: AtomicBool,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Members {
    fn drop(&mut self) {
        self.post.put_up(Task::End);
        for thread in self.threads.drain(..) {
            // What panicked in it was told to whom it concerned.
            let _ = thread.join();
        }
    }
}

/// Where the threads of a team find their work.
#[derive(Default)]
struct Post {
    notice: Mutex<Notice>,
    /// The number of the notice, for looking without the lock.
    number: AtomicUsize,
    /// Threads that have taken up the task and are at it; more only while the lock is held.
    working: AtomicUsize,
    change: Condvar,
}

#[derive(Default)]
struct Notice {
    /// Raised by each new task.
    number: usize,
    task: Task,
    asleep: usize,
    panic: Option<Box<dyn Any + Send>>,
}

#[derive(Clone, Copy, Default)]
enum Task {
    /// None, or one that is done.
    #[default]
    Nothing,
    Work(Work),
    /// There will be no more.
    End,
}

impl Post {
    /// Does the work, with the threads that wake up in time.
    fn run(&self, work: &(dyn Fn() + Sync)) {
        {
            // Also when this thread panics: the others look at what it would take along.
            let _end = Guard(|| {
                lock(&self.notice).task = Task::Nothing;
                wait_for(|| (self.working.load(Ordering::Acquire) == 0).then_some(()));
            });
            self.put_up(Task::Work(Work::new(&work)));
            work();
        }
        let panic = lock(&self.notice).panic.take();
        if let Some(panic) = panic {
            panic::resume_unwind(panic);
        }
    }

    fn put_up(&self, task: Task) {
        let mut notice = lock(&self.notice);
        notice.number += 1;
        notice.task = task;
        self.number.store(notice.number, Ordering::Release);
        if notice.asleep > 0 {
            self.change.notify_all();
        }
    }

    /// Works until there is no more to do.
    fn serve(&self) {
        let mut seen = 0;
        loop {
            self.look_out(seen);
            let work = {
                let notice = lock(&self.notice);
                seen = notice.number;
                match notice.task {
                    Task::Nothing => continue,
                    Task::Work(work) => {
                        self.working.fetch_add(1, Ordering::Relaxed);
                        work
                    }
                    Task::End => return,
                }
            };
            // SAFETY: `run` takes the task down and then waits until `working` is zero, which is after this,
            // before what it has lent goes away.
            let result = panic::catch_unwind(AssertUnwindSafe(|| unsafe { work.run() }));
            if let Err(panic) = result {
                lock(&self.notice).panic = Some(panic);
            }
            self.working.fetch_sub(1, Ordering::Release);
        }
    }

    /// Returns when there is another notice than the one with this number.
    fn look_out(&self, seen: usize) {
        let changed = || (self.number.load(Ordering::Acquire) != seen).then_some(());
        if look_for(changed).is_some() {
            return;
        }
        let mut notice = lock(&self.notice);
        notice.asleep += 1;
        while notice.number == seen {
            let woken = self.change.wait(notice);
            notice = woken.unwrap_or_else(PoisonError::into_inner);
        }
        notice.asleep -= 1;
    }
}

/// A function, without its type and without how long it lives.
#[derive(Clone, Copy)]
struct Work {
    function: *const (),
    call: fn(*const ()),
}

// SAFETY: `new` takes functions that several threads may call.
unsafe impl Send for Work {}

impl Work {
    fn new<F: Fn() + Sync>(function: &F) -> Self {
        Work {
            function: std::ptr::from_ref(function).cast(),
            // SAFETY: it is called by `run` alone, with the pointer above, while what that points to
            // is there.
            call: |function| unsafe { (*function.cast::<F>())() },
        }
    }

    /// Calls the function.
    ///
    /// # Safety
    /// The function still has to be there.
    unsafe fn run(self) {
        (self.call)(self.function);
    }
}

/// Does something when it goes, also by a panic.
struct Guard<F: Fn()>(F);

impl<F: Fn()> Drop for Guard<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Locks, also where another thread panicked: what is behind the locks here is always whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

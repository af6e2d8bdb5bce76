//! Random checks: small episodes at random settings, and what must hold for each of them.
//!
//! Each episode gives the same bits twice, in no more memory; its weights come back to where they
//! started when the sweep undoes its updates; and where it does not diverge, reverse and forward mode
//! agree to what rounding explains, which is [measured](self#rounding) and not guessed.
//!
//! # Rounding
//! Both ways to a gradient round every operation to a part ε of its result. What that does to the
//! gradient depends on the episode: a well-conditioned one keeps nearly all digits, a chaotic one
//! loses them all. So the same gradient is computed in arithmetic that rounds a thousand times more
//! coarsely, and its distance from the plain one, divided by that thousand, is what rounding explains
//! (Monte Carlo arithmetic: D. S. Parker, UCLA CSD-970002, 1997).
//!
//! ```
//! use metaplast_meta::soak::{RandomEpisodes, Tally};
//!
//! let episodes = RandomEpisodes::new(1);
//! let mut tally = Tally::default();
//! episodes.check(0, &mut tally)?;
//! assert_eq!(tally.episodes, 1);
//! # Ok::<(), String>(())
//! ```

mod agreement;
mod case;
mod random;
mod tally;

pub use random::RandomEpisodes;
pub use tally::Tally;

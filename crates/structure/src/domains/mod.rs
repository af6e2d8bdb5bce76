//! Domains: UW-CSE, domains with planted rules, and friends and smokers.

mod held_out;
mod planted;
mod smokers;
mod uw_cse;

pub use held_out::{GroundArea, HeldOut, HeldOutSearch, ground_areas};
pub use planted::{PlantedDomain, PlantedRule};
pub use smokers::FriendsAndSmokers;
pub use uw_cse::UwCse;

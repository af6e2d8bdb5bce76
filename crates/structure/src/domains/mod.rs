//! Domains: UW-CSE, domains with planted rules, and friends and smokers.

mod left_out;
mod planted;
mod smokers;
mod uw_cse;

pub use left_out::{AreaLeftOut, AreaSearch, GroundArea, ground_areas};
pub use planted::{PlantedDomain, PlantedRule};
pub use smokers::FriendsAndSmokers;
pub use uw_cse::UwCse;

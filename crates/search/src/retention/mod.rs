//! Water retention of real soils: how much water a soil holds against a suction, when drying and when wetting.

mod curve_fit;
mod game;
mod hysteresis;
mod networks;
mod settings;
mod soils;
mod tabulated;
mod van_genuchten;

pub use curve_fit::{curve_errors, fit_curve};
pub use game::{RetentionGame, settings_space};
pub use hysteresis::{HystereticLaw, HystereticRetention, RetentionBranch, SaturationCurve};
pub use networks::{RetentionErrors, SoilBatch, SoilNetworks};
pub use settings::{HistoryInput, NetworkSettings, SuctionInput, Unit};
pub use soils::{PointUse, Soil, SoilPoint};
pub use tabulated::TabulatedCurve;
pub use van_genuchten::VanGenuchten;

//! metaplast

//! Laws that hold for any numbers.

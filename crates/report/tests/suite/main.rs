//! Tests of the public items of `metaplast-report`.

mod browser;
mod page;
mod pages;

//! Links the program at a fixed place on Linux, as all that it holds is its own: code that could be
//! loaded anywhere carries half a megabyte of relocations, which every start would apply.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}

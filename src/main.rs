//! The two doors: the page in the browser, the command line on the host.

#[cfg(target_arch = "wasm32")]
fn main() {
    tradeoff::ui::mount();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    tradeoff::cli::main()
}

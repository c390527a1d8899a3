//! What a test needs to be a person: a server, a browser with a screen, a page to look at and act on.
//! It may not know what the page is about.

mod audit;
mod driver;
mod page;
mod server;
mod thing;

pub use page::{Name, Page};
#[allow(unused_imports)] // The vocabulary of tests; not every test speaks of every word.
pub use thing::{Rect, Thing};

use driver::Driver;
use server::Server;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A screen in CSS pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    /// A finger instead of a mouse.
    pub touch: bool,
}

pub const DESK: Screen = Screen { width: 1440, height: 900, touch: false };
pub const PHONE: Screen = Screen { width: 375, height: 812, touch: true };

/// Serves `dist/`, opens it on `screen` in a browser with nothing remembered, and hands the page to `test`. When the test
/// fails, the page is photographed and its accessibility tree printed; when it passes, the page must not have logged an error.
pub fn visit<F: Future<Output = ()>>(screen: Screen, test: impl FnOnce(Page) -> F) {
    let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
    let server = Server::start();
    let driver = Driver::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let page = runtime.block_on(Page::open(driver.address(), server, screen));
    let result = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            test(page.clone()).await;
            let errors = page.errors().await;
            assert!(errors.is_empty(), "the page logged errors: {errors:#?}");
        })
    }));
    runtime.block_on(async {
        if result.is_err() {
            page.screenshot(&format!("failed-{name}")).await;
            println!("What a screen reader saw when {name} failed:\n{}", page.outline().await);
        }
        page.close().await;
    });
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

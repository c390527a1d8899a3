//! The first seconds: the page is there, it is sound for everyone, and it stays when the server goes.

use crate::harness::{DESK, Name, PHONE, visit};

#[test]
fn it_opens_on_a_desk() {
    visit(DESK, async |page| {
        page.by_role("heading", "Tradeoff").await;
        page.wait_for("the skeleton to be gone", async || {
            page.all_by_role("status", "Loading…").await.is_empty()
        })
        .await;
        page.screenshot("desk").await;
        page.audit().await;
        page.prefer("prefers-color-scheme", "dark").await;
        page.screenshot("desk-dark").await;
        page.audit().await;
    });
}

#[test]
fn it_opens_on_a_phone_without_scrolling_sideways() {
    visit(PHONE, async |page| {
        page.by_role("banner", Name::Any).await;
        assert_eq!(page.extent().await.width, page.screen().width as f64);
        page.screenshot("phone").await;
        page.audit().await;
    });
}

#[test]
fn it_works_without_the_server_once_loaded() {
    visit(DESK, async |page| {
        page.by_role("banner", Name::Any).await;
        page.until_offline_ready().await;
        page.lose_the_server();
        page.reload().await;
        page.by_role("banner", Name::Any).await;
        page.goto("?example=three-tiers").await;
        page.by_role("banner", Name::Any).await;
    });
}

//! The first seconds: the page is there, it is sound for everyone, and it stays when the server goes.

use crate::harness::{DESK, Name, PHONE, visit};

#[test]
fn it_opens_on_a_desk() {
    visit(DESK, async |page| {
        page.by_role("application", "Board").await;
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

#[test]
fn a_new_version_takes_over_at_the_next_load() {
    visit(DESK, async |page| {
        page.by_role("banner", Name::Any).await;
        page.until_offline_ready().await;
        let old = page.revision().await;
        page.until_next_version_is_kept().await;
        assert_eq!(page.revision().await, old);
        page.reload().await;
        assert!(page.revision().await.starts_with("next"));
        page.by_role("banner", Name::Any).await;
    });
}

#[test]
fn the_first_sight_runs_without_the_late_part() {
    visit(DESK, async |page| {
        page.goto("../../early/").await;
        let clock = page.by_role("timer", Name::Any).await;
        page.wait_for("five seconds to pass", async || clock.text().await.as_str() >= "00:05").await;
        assert!(
            !page.waited_for_the_late_part().await,
            "`make late` looks anew at what the first sight needs"
        );
        page.goto("hands.html").await;
    });
}

#[test]
fn a_program_that_does_not_arrive_is_said_in_words() {
    visit(DESK, async |page| {
        page.goto("../../half/").await;
        page.wait_for("a sentence", async || {
            page.by_role("status", Name::Any).await.text().await.starts_with("Tradeoff could not start")
        })
        .await;
        page.screenshot("skeleton").await;
        page.goto("hands.html").await;
    });
}

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
fn the_first_tab_leads_past_bar_and_palette() {
    visit(DESK, async |page| {
        page.by_role("application", "Board").await;
        page.press("Tab").await;
        let focused = async || page.focused().await.map(|thing| thing.name);
        assert_eq!(focused().await.as_deref(), Some("To the board"));
        page.screenshot("to-the-board").await;
        page.press("Enter").await;
        page.wait_for("the board to have the focus", async || focused().await.as_deref() == Some("Board"))
            .await;
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
fn the_first_sight_runs_without_the_last_part() {
    visit(DESK, async |page| {
        page.goto("../../early/").await;
        let clock = page.by_role("timer", Name::Any).await;
        page.wait_for("five seconds to pass", async || clock.text().await.as_str() >= "00:05").await;
        assert!(!page.waited_for_a_part().await, "`make late` looks anew at what the first sight needs");
        page.goto("hands.html").await;
    });
}

#[test]
fn the_page_stands_before_what_runs_it_has_arrived() {
    for screen in [DESK, PHONE] {
        visit(screen, async |page| {
            page.goto("../../stands/").await;
            page.by_role("application", "Board").await;
            page.wait_for("machines", async || {
                !page.all_by_role("group", Name::Starts("web")).await.is_empty()
            })
            .await;
            // Nobody is kept waiting, and whoever waits for long is told why.
            page.says("has not arrived yet").await;
            // Nor by a hand that passes by, nor when the sentence goes away again.
            page.by_role("application", "Board").await.hover().await;
            tokio::time::sleep(std::time::Duration::from_secs(6)).await;
            assert!(
                !page.waited_for_a_part().await,
                "`make late` looks anew at what the page needs to stand"
            );
            assert!(page.by_role("timer", Name::Any).await.text().await.starts_with("00:00.00"));
            page.screenshot(if screen == DESK { "stands" } else { "stands-phone" }).await;
            page.audit().await;
            page.send_the_rest_of_the_program();
            page.wait_for("two seconds to pass", async || {
                page.by_role("timer", Name::Any).await.text().await.as_str() >= "00:02"
            })
            .await;
            page.goto("hands.html").await;
        });
    }
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

//! The whole story, as a newcomer lives it: cut the line and see a promise break with its proof, heal and see the
//! copies agree, kill a clone and see users logged out, change the drawing and take it back.

use crate::harness::{DESK, Name, Page, visit};

/// What a verdict's row says now: its state, and how often it was broken.
async fn verdict(page: &Page, name: &str) -> String {
    let rows = page.by_role("region", "Verdicts").await.all_by_role("listitem", Name::Any).await;
    for row in rows {
        let text = row.text().await;
        if let Some(rest) = text.strip_prefix(name) {
            return rest.trim().to_string();
        }
    }
    String::new()
}

async fn until(page: &Page, name: &str, says: &str) {
    page.wait_for(&format!("{name} to say “{says}”"), async || verdict(page, name).await.contains(says))
        .await;
}

/// Chooses from the menu of a machine or a link, by keyboard.
async fn choose(page: &Page, role: &str, name: &str, item: &str) {
    page.by_role(role, Name::Starts(name)).await.focus().await;
    page.press("Shift+F10").await;
    page.by_role("menuitem", item).await.click().await;
}

#[test]
fn a_cut_breaks_a_promise_and_the_heal_brings_the_copies_together() {
    visit(DESK, async |page| {
        until(&page, "Linearizable", "Holds").await;
        choose(&page, "button", "Link db to copy", "Cut").await;
        page.by_role("button", Name::Starts("Link db to copy, cut")).await;
        until(&page, "Linearizable", "Broken").await;
        assert_eq!(verdict(&page, "Read your writes").await, "Holds");
        page.by_role("button", "Show proof: Linearizable").await.click().await;
        let proof = page.by_role("dialog", Name::Starts("Proof: Linearizable")).await;
        let words = proof.text().await;
        assert!(words.contains("had written") && words.contains("later"), "the witness in words: {words}");
        page.screenshot("proof").await;
        page.audit().await;
        page.press("Escape").await;
        page.screenshot("cut").await;
        page.audit().await;
        choose(&page, "button", "Link db to copy", "Heal").await;
        until(&page, "Converged", "Holds").await;
        page.audit().await;
    });
}

#[test]
fn a_clone_dies_and_takes_its_users_sessions_along() {
    visit(DESK, async |page| {
        until(&page, "Sessions kept", "Holds").await;
        choose(&page, "group", "web,", "Crash web-2").await;
        until(&page, "Sessions kept", "Broken").await;
        page.by_role("button", "Show proof: Sessions kept").await;
        choose(&page, "group", "web,", "Start web-2 again").await;
    });
}

#[test]
fn an_edit_is_taken_back() {
    visit(DESK, async |page| {
        page.by_role("group", Name::Starts("cache,")).await.click().await;
        page.press("Delete").await;
        page.wait_for("the cache to be gone", async || {
            page.all_by_role("group", Name::Starts("cache,")).await.is_empty()
        })
        .await;
        page.press("Control+z").await;
        page.by_role("group", Name::Starts("cache,")).await;
        page.by_role("button", Name::Starts("Link web to cache")).await;
    });
}

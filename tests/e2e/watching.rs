//! Looking closely: the machines behind one card, the way of one request, the copies of one value.

use crate::harness::{DESK, Name, PHONE, Page, Thing, visit};

/// Chooses from the menu of what has the focus.
async fn choose(page: &Page, item: &str) {
    page.press("Shift+F10").await;
    page.by_role("menuitem", item).await.click().await;
}

async fn focus_is_on(page: &Page, name: &str) {
    page.wait_for(&format!("the focus on {name}"), async || {
        page.focused().await.is_some_and(|t| t.name.starts_with(name))
    })
    .await;
}

/// What a row of a table says, by how it begins.
async fn row_of(table: &Thing, begins: &str) -> String {
    for row in table.all_by_role("row", Name::Any).await {
        let text = row.text().await;
        if text.starts_with(begins) {
            return text;
        }
    }
    String::new()
}

#[test]
fn a_card_opens_into_its_clones_and_each_has_a_fate_of_its_own() {
    visit(DESK, async |page| {
        page.by_role("group", Name::Starts("web, app server ×3")).await.focus().await;
        page.press("o").await;
        page.by_role("region", "Clones of web").await;
        focus_is_on(&page, "web-1, app server").await;
        page.press("ArrowDown").await;
        focus_is_on(&page, "web-2, app server").await;
        choose(&page, "Cut lb -> web-2").await;
        page.by_role("group", Name::Starts("web-2, app server, running, cut from lb")).await;
        page.screenshot("clones").await;
        page.audit().await;
        page.by_role("group", Name::Starts("web-2,")).await.focus().await;
        choose(&page, "Heal lb -> web-2").await;
        page.by_role("group", "web-2, app server, running").await.focus().await;
        choose(&page, "Crash").await;
        page.by_role("group", "web-2, app server, down, refuses").await.focus().await;
        page.press("Escape").await;
        focus_is_on(&page, "web, app server ×3, one down").await;
        assert!(page.all_by_role("group", Name::Starts("web-2,")).await.is_empty());

        // The same with a mouse; a press beside it closes it.
        page.by_role("button", "Open web into its 3 clones").await.click().await;
        page.by_role("button", "More for web-3").await.click().await;
        page.by_role("menuitem", "Pause").await.click().await;
        page.by_role("group", "web-3, app server, paused").await;
        let board = page.by_role("application", "Board").await.rect().await;
        page.click_at((board.x + board.width - 20.0, board.y + 70.0), 0, 1).await;
        page.wait_for("the clones to be closed", async || {
            page.all_by_role("region", "Clones of web").await.is_empty()
        })
        .await;

        // And in the outline.
        page.by_role("tab", "Outline").await.click().await;
        page.by_role("region", "Outline").await.by_role("button", "Start again web-2").await.click().await;
        page.by_role("group", Name::Starts("web, app server ×3, running")).await;
    });
}

#[test]
fn a_request_is_read_hop_by_hop_and_failures_by_cause() {
    visit(DESK, async |page| {
        page.by_role("tab", "Requests").await.click().await;
        let requests = page.by_role("region", "Requests").await;
        page.wait_for("requests that came back", async || {
            requests.all_by_role("button", Name::Has("shoppers")).await.len() > 5
        })
        .await;
        page.by_role("group", Name::Starts("db, database")).await.focus().await;
        choose(&page, "Crash").await;
        requests.by_role("button", Name::Starts("connection refused")).await;
        page.by_role("button", "Pause").await.click().await;
        let causes = requests.by_role("group", "Why requests failed").await;
        causes.by_role("button", Name::Starts("connection refused")).await.click().await;
        page.wait_for("only what was refused", async || {
            let rows = requests.all_by_role("button", Name::Has("key ")).await;
            !rows.is_empty() && rows.iter().all(|r| r.name.contains("connection refused"))
        })
        .await;
        requests.all_by_role("button", Name::Has("key ")).await[0].click().await;
        let way = requests.by_role("image", Name::Has("connection refused after")).await;
        assert!(way.name.contains("waited"), "{}", way.name);
        assert!(requests.text().await.contains("on the line"));
        page.screenshot("requests").await;
        page.audit().await;
        // From a request to its value.
        requests.by_role("button", "Where is its value?").await.click().await;
        let values = page.by_role("region", "Where is my value?").await;
        page.wait_for("the copies", async || !row_of(&values, "copy").await.is_empty()).await;
    });
}

#[test]
fn every_copy_of_a_value_shows_its_version_and_age() {
    visit(DESK, async |page| {
        page.by_role("button", Name::Starts("Link db to copy")).await.focus().await;
        choose(&page, "Cut").await;
        page.by_role("tab", "Where is my value?").await.click().await;
        let values = page.by_role("region", "Where is my value?").await;
        let row = async |of: &str| row_of(&values, of).await;
        page.wait_for("the copy to fall behind", async || row("copy").await.contains("old")).await;
        assert!(row("db").await.contains("newest"), "{}", row("db").await);
        assert!(row("shoppers").await.contains("last saw"), "{}", row("shoppers").await);
        let key = values.by_role("combobox", "Key to look for").await;
        let before = values.text().await;
        key.choose("key 1").await;
        page.wait_for("another key", async || values.text().await != before).await;
        page.screenshot("values").await;
        page.audit().await;
        // A proof leads there too.
        let show = page.by_role("button", "Show proof: Linearizable").await;
        page.by_role("tab", "Charts").await.click().await;
        show.click().await;
        page.by_role("button", "Where is its value?").await.click().await;
        page.by_role("region", "Where is my value?").await;
    });
}

#[test]
fn on_a_phone_the_same_panels_are_pages_of_the_sheet() {
    visit(PHONE, async |page| {
        page.by_role("tab", "Requests").await.click().await;
        page.by_role("region", "Requests").await;
        page.screenshot("phone-requests").await;
        page.audit().await;
        page.by_role("tab", "Components").await.click().await;
        page.screenshot("phone-components").await;
        page.audit().await;
        assert_eq!(page.extent().await.width, page.screen().width as f64);
    });
}

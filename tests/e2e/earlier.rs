//! Nothing a person made is lost: neither when the page goes at once, nor when another board takes its place.

use crate::harness::{DESK, Name, Page, Thing, visit};

/// The first change of a board: another name.
async fn call(page: &Page, name: &str) {
    page.by_role("textbox", "Board’s name").await.fill(name).await;
    page.press("Enter").await;
}

async fn is_called(page: &Page, name: &str) {
    page.wait_for(&format!("the board {name}"), async || {
        page.by_role("textbox", "Board’s name").await.value == name
    })
    .await;
}

/// The boards that another one took the place of.
async fn earlier(page: &Page) -> Vec<Thing> {
    page.press("Control+o").await;
    let open = page.by_role("dialog", "Open").await;
    let mut all = open.all_by_role("button", Name::Any).await;
    all.retain(|b| b.name.contains(", until ") && !b.name.starts_with("Forget"));
    all
}

#[test]
fn what_was_done_last_is_kept_when_the_page_goes_at_once() {
    visit(DESK, async |page| {
        call(&page, "Mine").await;
        // This one is within the rest after the first.
        page.by_role("group", Name::Starts("copy,")).await.focus().await;
        page.press("Delete").await;
        page.by_role("group", Name::Starts("cache,")).await.focus().await;
        page.press("Delete").await;
        page.wait_for("the machine to be gone", async || {
            page.all_by_role("group", Name::Starts("cache,")).await.is_empty()
        })
        .await;
        page.reload().await;
        page.by_role("application", "Board").await;
        is_called(&page, "Mine").await;
        assert!(
            page.all_by_role("group", Name::Starts("cache,")).await.is_empty(),
            "the last change was lost"
        );
    });
}

#[test]
fn a_board_that_another_was_opened_over_is_found_again() {
    visit(DESK, async |page| {
        call(&page, "Mine").await;
        for example in ["Two masters", "Sessions in memory"] {
            page.press("Control+o").await;
            let open = page.by_role("dialog", "Open").await;
            let offered = open.all_by_role("button", Name::Any).await;
            let found = offered.iter().find(|b| b.name.starts_with(example));
            let names: Vec<&str> = offered.iter().map(|b| b.name.as_str()).collect();
            found.unwrap_or_else(|| panic!("{example} is not among {names:?}")).click().await;
            page.wait_for("the dialog to close", async || {
                page.all_by_role("dialog", "Open").await.is_empty()
            })
            .await;
        }
        page.reload().await;
        page.by_role("application", "Board").await;
        // Boards that come with the program are not among them: everybody has those.
        let earlier = earlier(&page).await;
        let names: Vec<&str> = earlier.iter().map(|b| b.name.as_str()).collect();
        assert!(names.len() == 1 && names[0].starts_with("Mine, until "), "{names:?}");
        page.screenshot("earlier").await;
        page.audit().await;
        earlier[0].click().await;
        is_called(&page, "Mine").await;
    });
}

#[test]
fn two_tabs_do_not_overwrite_one_another() {
    visit(DESK, async |page| {
        call(&page, "Of the first tab").await;
        page.second_tab().await;
        is_called(&page, "Of the first tab").await;
        call(&page, "Of the second tab").await;
        page.by_role("textbox", "Board’s name").await;
        page.first_tab().await;
        // What the other tab wrote is not lost by the next change here, and not kept twice by the one after it.
        for key in ["copy,", "cache,"] {
            page.by_role("group", Name::Starts(key)).await.focus().await;
            page.press("Delete").await;
            page.wait_for("the machine to be gone", async || {
                page.all_by_role("group", Name::Starts(key)).await.is_empty()
            })
            .await;
        }
        page.reload().await;
        page.by_role("application", "Board").await;
        is_called(&page, "Of the first tab").await;
        let earlier = earlier(&page).await;
        let names: Vec<&str> = earlier.iter().map(|b| b.name.as_str()).collect();
        assert!(names.len() == 1 && names[0].starts_with("Of the second tab, until "), "{names:?}");
    });
}

#[test]
fn a_board_of_a_later_version_is_left_for_that_version() {
    visit(DESK, async |page| {
        page.by_role("application", "Board").await;
        page.left("tradeoff.board", "{\"version\": 900, \"title\": \"Of the future\"}").await;
        page.reload().await;
        page.by_role("application", "Board").await;
        call(&page, "Mine").await;
        let earlier = earlier(&page).await;
        assert_eq!(earlier.len(), 1);
        assert!(earlier[0].name.starts_with("A board that this version cannot read, until "));
        earlier[0].click().await;
        // It says why, and shows the text as it is.
        let open = page.by_role("dialog", "Open").await;
        open.by_role("alert", Name::Any).await;
        assert!(open.by_role("textbox", "As text").await.value.contains("Of the future"));
    });
}

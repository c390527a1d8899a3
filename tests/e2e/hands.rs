//! The hands themselves, on a page that says what was done to it: a test that clicks beside the mark proves nothing.

use crate::harness::{DESK, Name, PHONE, Page, visit};

/// Does one thing, and expects the page to say so.
async fn says(page: &Page, expected: &str, act: impl Future<Output = ()>) {
    let before = page.by_role("status", Name::Any).await.text().await;
    act.await;
    page.wait_for(expected, async || {
        page.by_role("status", Name::Any).await.text().await[before.len()..].contains(expected)
    })
    .await;
}

#[test]
fn a_mouse_and_a_keyboard() {
    visit(DESK, async |page| {
        page.goto("hands.html").await;
        let board = page.by_role("application", "Board").await;
        says(&page, "over;", board.hover()).await;
        says(&page, "clicked Board;", board.click()).await;
        says(&page, "shift+clicked Board;", page.hold("Shift", board.click())).await;
        says(&page, "double;", board.double_click()).await;
        says(&page, "menu;", board.right_click()).await;
        says(&page, "mouse dragged 40 -20;", board.drag_by(40.0, -20.0)).await;
        says(&page, "wheel 0 120;", page.wheel(board.reach().await, (0.0, 120.0))).await;
        says(
            &page,
            "clicked Link a to b, up;",
            board.by_role("button", Name::Starts("Link a to b")).await.click(),
        )
        .await;
        board.focus().await;
        assert_eq!(page.focused().await.map(|t| t.name), Some("Board".into()));
        says(&page, "ctrl+shift+Z;", page.press("Control+Shift+Z")).await;
        says(&page, "Escape;", page.press("Escape")).await;
        says(&page, "+;", page.press("+")).await;
        let link = page.by_role("button", Name::Has("to b")).await;
        assert_eq!(board.rect().await.centre(), (150.0, 100.0 + board.rect().await.y));
        says(&page, "mouse dragged", link.drag_to(&board)).await;
    });
}

#[test]
fn fields_states_and_scopes() {
    visit(DESK, async |page| {
        page.goto("hands.html").await;
        let rate = page.by_role("textbox", "Rate").await;
        says(&page, "rate 120;", rate.fill("120")).await;
        assert_eq!(rate.again().await.map(|t| t.value), Some("120".into()));
        let policy = page.by_role("combobox", "Policy").await;
        says(&page, "policy Least connections;", policy.choose("Least")).await;
        let play = page.by_role("button", "Play").await;
        assert!(!play.is("pressed"));
        play.click().await;
        page.wait_for("Play to be pressed", async || play.again().await.is_some_and(|t| t.is("pressed")))
            .await;
        assert_eq!(page.all_by_role("button", "Same").await.len(), 2);
        page.by_role("region", "Second").await.by_role("button", "Same").await.click().await;
        assert_eq!(page.by_role("main", Name::Any).await.all_by_role("region", Name::Any).await.len(), 2);
        assert!(page.all_by_role("button", "Nobody sees me").await.is_empty());
        says(&page, "clicked far;", page.by_role("button", "Far below").await.click()).await;
        assert!(page.outline().await.contains("button “Far below”"));
        assert!(page.address().await.ends_with("/hands.html"));
        assert!(play.rect().await.height > 10.0 && play.description.is_empty());
    });
}

#[test]
fn a_finger() {
    visit(PHONE, async |page| {
        page.goto("hands.html").await;
        let board = page.by_role("application", "Board").await;
        says(&page, "clicked Board;", board.click()).await;
        says(&page, "touch dragged 40 30;", board.drag_by(40.0, 30.0)).await;
    });
}

#[test]
#[should_panic(expected = "the page logged errors")]
fn an_error_of_the_page_fails_the_test() {
    visit(DESK, async |page| {
        page.goto("hands.html?fail").await;
        page.wait_for("the error", async || !page.errors().await.is_empty()).await;
    });
}

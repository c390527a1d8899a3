//! A lesson from the course to its debrief, by the keyboard alone, and what is kept of it.

use crate::harness::{DESK, Name, PHONE, Page, Thing, visit};

async fn lesson(page: &Page) -> Thing {
    page.by_role("complementary", "Lesson").await
}

/// Goes to a thing and presses a key on it.
async fn press(page: &Page, thing: Thing, key: &str) {
    thing.focus().await;
    page.press(key).await;
}

async fn reads(page: &Page, words: &str) {
    page.wait_for(words, async || lesson(page).await.text().await.contains(words)).await;
}

#[test]
fn a_lesson_is_done_with_the_keyboard_alone() {
    visit(DESK, async |page| {
        press(&page, page.by_role("link", "Lessons").await, "Enter").await;
        page.by_role("heading", "The course").await;
        page.audit().await;
        press(&page, page.by_role("link", Name::Starts("5")).await, "Enter").await;

        // The step's heading has the focus, and its board runs.
        lesson(&page).await.by_role("heading", "The golden rule").await;
        page.wait_for("the focus on the step", async || {
            page.focused().await.is_some_and(|t| t.name == "Whose cart is it?")
        })
        .await;
        page.by_role("group", Name::Starts("web, app server ×3")).await;
        page.by_role("button", "Pause").await;
        assert!(page.all_by_role("button", "Show me").await.is_empty(), "first comes the prediction");

        let answer = lesson(&page).await.by_role("radio", Name::Has("Not even six in ten")).await;
        press(&page, answer, "Space").await;
        press(&page, page.by_role("button", "Commit").await, "Enter").await;
        reads(&page, "Committed at").await;
        assert!(page.all_by_role("button", "Commit").await.is_empty(), "an answer is locked");
        press(&page, page.by_role("slider", "Speed").await, "End").await;
        reads(&page, "so it was, at").await;
        lesson(&page).await.by_role("radio", Name::Has("so it was")).await;

        press(&page, page.by_role("button", Name::Starts("Hint 1 of 3")).await, "Enter").await;
        reads(&page, "Look at how the balancer spreads requests").await;
        page.audit().await;
        press(&page, page.by_role("button", "Show me").await, "Enter").await;
        reads(&page, "met, 0 at").await;
        reads(&page, "On your board").await;
        assert!(!lesson(&page).await.text().await.contains("{{"), "the debrief speaks of this run");
        page.audit().await;

        // Kept on the device: the lesson goes on with its second step, and the course says so.
        page.reload().await;
        lesson(&page).await.by_role("heading", "A clone dies").await;
        press(&page, lesson(&page).await.by_role("link", "Course").await, "Enter").await;
        page.by_role("link", Name::Has("you are here, step 2 of 2")).await;
    });
}

#[test]
fn a_lesson_fits_a_phone() {
    visit(PHONE, async |page| {
        page.goto("?lesson=5").await;
        lesson(&page).await.by_role("button", "Commit").await;
        assert_eq!(page.extent().await.width, page.screen().width as f64);
        page.audit().await;
        page.goto("#/course").await;
        page.by_role("heading", "The course").await;
        assert_eq!(page.extent().await.width, page.screen().width as f64);
    });
}

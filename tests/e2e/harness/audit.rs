//! The accessibility audit: axe-core (Deque), run on the page as it stands.

use super::Page;
use serde_json::Value;
use std::path::Path;

impl Page {
    /// Fails when axe-core finds something serious or critical.
    pub async fn audit(&self) {
        let file = std::env::var("AXE").map(Into::into).unwrap_or_else(|_| {
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/node_modules/axe-core/axe.min.js")
        });
        let axe = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}; `make test` fetches it", file.display()));
        self.evaluate(&format!("{axe};undefined"), true).await;
        let found = self.evaluate("axe.run(document, { resultTypes: ['violations'] })", true).await;
        let violations = found["value"]["violations"].as_array().expect("an audit");
        let serious: Vec<String> = violations
            .iter()
            .filter(|v| v["impact"] == "serious" || v["impact"] == "critical")
            .flat_map(|v| v["nodes"].as_array().into_iter().flatten().map(move |node| (v, node)))
            .map(|(v, node)| format!("{} ({}): {}", text(&v["help"]), text(&v["id"]), text(&node["html"])))
            .collect();
        assert!(serious.is_empty(), "axe-core found:\n{}", serious.join("\n"));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

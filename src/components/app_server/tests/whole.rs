//! The way from a user to a real database and cache and back.

use super::*;

#[test]
fn users_are_served_from_cache_and_database() {
    let mut rig = Rig::new(3);
    let users = rig.machine(Kind::Users, "shoppers", "rate=200/s reads=80% keys=50");
    let text = "service=1ms workers=20 sessions=central cache-use=objects";
    let web = rig.machine(Kind::AppServer, "web-1", text);
    let cache = rig.machine(Kind::Cache, "cache", "");
    let db = rig.machine(Kind::Database, "db", "");
    rig.join(users, web, HOP);
    rig.join(web, cache, HOP);
    rig.join(web, db, HOP);
    rig.run(Duration::from_secs(20));
    let counters = |node| rig.get(node).gauge().counters;
    let (front, behind) = (counters(web), counters(db));
    assert!(front.completions > 3000 && front.failed + front.refused == 0, "{front:?}");
    assert!(front.sessions > 10 && front.sessions_lost == 0, "{front:?}");
    let c = counters(cache);
    assert!(c.hits > 1000 && behind.completions < front.completions, "{c:?} {behind:?}");
    // Nobody read a value that was not there: what was answered is what the history says was written.
    let mut written = std::collections::BTreeSet::from([Value::INITIAL]);
    let mut reads = 0;
    for (_, note) in rig.notes() {
        match note {
            Note::History(Record::Invoke(op)) if op.kind.writes() => _ = written.insert(op.value),
            Note::History(Record::Return { op, outcome: crate::history::Outcome::Ok { value } }) => {
                reads += 1;
                assert!(op.kind == OpKind::Login || written.contains(&value), "{op:?} {value:?}");
            }
            _ => {}
        }
    }
    assert!(reads > 3000);
}

//! Which faults a machine or a link can meet as it stands: one list for menu, inspector, outline and keys. It may not
//! know how a run carries them out.

use crate::components::{Kind, Wire};
use crate::run::frame::{Condition, LinkView};
use crate::scenario::fault::{Fault, LinkName, Way};
use crate::stdx::{Distribution, Duration};

/// One offer: its sign, its words, and what it does.
#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    pub icon: &'static str,
    pub words: String,
    pub fault: Fault,
}

fn offer(icon: &'static str, words: impl Into<String>, fault: Fault) -> Offer {
    Offer { icon, words: words.into(), fault }
}

/// What may befall a card, or one clone of it.
pub fn of_machine(name: &str, kind: Kind, condition: Condition) -> Vec<Offer> {
    use super::super::text::fault as words;
    let machine = || name.to_string();
    let down = matches!(condition, Condition::Refusing | Condition::Unreachable);
    let mut offers = Vec::new();
    if down {
        offers.push(offer("power", words::RESTART, Fault::Restart { machine: machine() }));
    } else {
        offers.push(offer("crash", words::CRASH, Fault::Crash { machine: machine(), host: false }));
    }
    offers.push(match condition {
        Condition::Slow(_) => offer("slow", words::NORMAL, Fault::Slow { machine: machine(), factor: 1.0 }),
        _ => offer("slow", words::SLOW, Fault::Slow { machine: machine(), factor: 4.0 }),
    });
    offers.push(offer("isolate", words::ISOLATE, Fault::Isolate { machine: machine() }));
    if !down {
        offers.push(offer("crash", words::CRASH_HOST, Fault::Crash { machine: machine(), host: true }));
    }
    offers.push(match condition {
        Condition::Paused => offer("play", words::RESUME, Fault::Resume { machine: machine() }),
        _ => offer("pause", words::PAUSE, Fault::Pause { machine: machine() }),
    });
    match kind {
        Kind::Users => {
            offers.push(offer(
                "surge",
                words::TRAFFIC_UP,
                Fault::Traffic { machine: machine(), factor: 3.0 },
            ));
            offers.push(offer(
                "surge",
                words::TRAFFIC_NORMAL,
                Fault::Traffic { machine: machine(), factor: 1.0 },
            ));
        }
        Kind::Cache => offers.push(offer("delete", words::DROP, Fault::DropCache { machine: machine() })),
        Kind::Database => {
            offers.push(offer("promote", words::PROMOTE, Fault::Promote { machine: machine() }));
            let ahead = Duration::from_secs(5);
            offers.push(offer(
                "clock",
                words::SKEW,
                Fault::Skew { machine: machine(), ahead, behind: false },
            ));
        }
        _ => {}
    }
    offers
}

/// What may befall a link.
pub fn of_link(link: &LinkName, view: Option<&LinkView>) -> Vec<Offer> {
    use super::super::text::{self, fault as words};
    let cut = |way| Fault::Cut { link: link.clone(), way };
    let parted = view.is_some_and(|v| v.cut_forth || v.cut_back || v.partly);
    let whole = view.is_some_and(|v| v.cut_forth && v.cut_back && !v.partly);
    let mut offers = Vec::new();
    if !whole {
        offers.push(offer("scissors", words::CUT, cut(Way::Both)));
    }
    if parted {
        offers.push(offer("heal", words::HEAL, Fault::Heal { link: link.clone() }));
    }
    offers.push(offer("scissors", text::cut_one_way(&link.from, &link.to), cut(Way::Forth)));
    offers.push(offer("scissors", text::cut_one_way(&link.to, &link.from), cut(Way::Back)));
    let delayed = view.is_some_and(|v| v.delay.is_some());
    let by = Distribution::Fixed(if delayed { Duration::ZERO } else { Duration::from_millis(80) });
    offers.push(offer(
        "clock",
        if delayed { words::NO_DELAY } else { words::DELAY },
        Fault::Delay { link: link.clone(), by },
    ));
    let lossy = view.and_then(|v| v.loss).is_some_and(|l| l > 0.0);
    let share = if lossy { 0.0 } else { 0.05 };
    offers.push(offer(
        "loss",
        if lossy { words::NO_LOSS } else { words::LOSS },
        Fault::Loss { link: link.clone(), share },
    ));
    offers
}

/// Whether data is copied over it: drawn double.
pub fn copies(wire: Wire) -> bool {
    matches!(wire, Wire::Copies | Wire::Mirrors)
}

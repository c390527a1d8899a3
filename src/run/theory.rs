//! Where a textbook formula applies to a station as it is drawn, what it says. It reads the drawing alone: nothing that
//! was measured comes in.

use crate::components::parameter::{Read as _, Setting};
use crate::components::parts::size::Size;
use crate::components::{Kind, Wire};
use crate::metrics::queueing;
use crate::scenario::{Document, Machine};
use crate::stdx::Distribution;

/// A formula's name, and how many it expects to wait.
#[derive(Clone, PartialEq, Debug)]
pub struct Theory {
    /// "M/M/8": Poisson arrivals, exponential service, 8 servers.
    pub name: String,
    pub waiting: f64,
}

/// Settings of a station and of its users under which the formulas hold; with any other nobody knows.
const OF_STATION: [&str; 6] = ["workers", "service", "clones", "room", "size", "policy"];
const OF_USERS: [&str; 8] = ["rate", "reads", "keys", "zipf", "population", "timeout", "login", "own_keys"];

/// What theory says of the waiting line of an app server that nobody but open-loop users reach, directly or through a
/// balancer of its own that chooses by chance, and that asks nobody else. None where no formula applies.
pub fn of(document: &Document, name: &str) -> Option<Theory> {
    let station = document.machine(name).filter(|m| m.kind == Kind::AppServer && plain(m, &OF_STATION))?;
    if document.links.iter().any(|l| l.from == name && l.wire == Wire::Calls) {
        return None;
    }
    let (rate, by_chance) = arrivals(document, name, false)?;
    let clones = f64::from(station.clones());
    // Clones that are picked by chance are stations of their own, each with its part of the arrivals; by any other
    // policy their lines depend on each other.
    if clones > 1.0 && !by_chance {
        return None;
    }
    let Setting::Distribution(service) = value(station, "service")? else { return None };
    let (letter, variation) = match service {
        Distribution::Exponential(_) => ("M", 1.0),
        Distribution::Fixed(_) => ("D", 0.0),
        Distribution::Erlang { k, .. } => ("E", 1.0 / f64::from(k)),
        _ => return None,
    };
    let speed = Size::read(&value(station, "size")?).map_or(1.0, Size::speed);
    let workers = number(station, "workers")? as u32;
    let load = rate / clones * service.mean() / speed;
    let waiting = queueing::waiting(workers, load, variation)? * clones;
    Some(Theory { name: format!("M/{letter}/{workers}"), waiting })
}

/// Poisson arrivals a second at a machine, and whether a balancer chose it by chance.
fn arrivals(document: &Document, name: &str, balanced: bool) -> Option<(f64, bool)> {
    let mut sum = 0.0;
    let mut by_chance = false;
    for link in document.links.iter().filter(|l| l.to == name && l.wire == Wire::Calls) {
        let asker = document.machine(&link.from)?;
        let asks = document.links.iter().filter(|l| l.from == asker.name && l.wire == Wire::Calls).count();
        match asker.kind {
            Kind::Users if asks == 1 && plain(asker, &OF_USERS) => sum += number(asker, "rate")?,
            Kind::LoadBalancer if asks == 1 && !balanced && plain(asker, &OF_STATION) => {
                sum += arrivals(document, &asker.name, true)?.0;
                by_chance = matches!(value(asker, "policy"), Some(Setting::Text(word)) if word == "random");
            }
            _ => return None,
        }
    }
    (sum > 0.0).then_some((sum, by_chance))
}

/// Nothing is set on it but these.
fn plain(machine: &Machine, known: &[&str]) -> bool {
    machine.settings.keys().all(|name| known.contains(&name.as_ref()))
}

fn value(machine: &Machine, name: &str) -> Option<Setting> {
    let parameter = machine.kind.parameters().iter().find(|p| p.name == name)?;
    Some(machine.settings.get(name).cloned().unwrap_or_else(parameter.default))
}

fn number(machine: &Machine, name: &str) -> Option<f64> {
    match value(machine, name)? {
        Setting::Number(x) => Some(x),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;
    use crate::scenario::notation;
    use crate::stdx::Instant;

    fn board(text: &str) -> Document {
        notation::parse(text).expect("a board")
    }

    fn said(text: &str) -> Option<(String, f64)> {
        of(&board(text), "web").map(|t| (t.name, (t.waiting * 1e3).round() / 1e3))
    }

    #[test]
    fn a_formula_speaks_only_where_it_applies() {
        let users = "users u rate=80/s login=off";
        let web = "app-server web workers=1 service=exp(10ms)";
        let one = format!("{users}\n{web}\nu -> web\n");
        assert_eq!(said(&one), Some(("M/M/1".into(), 3.2)));
        assert_eq!(said(&one.replace("exp(10ms)", "10ms")), Some(("M/D/1".into(), 1.6)));
        assert_eq!(
            said(&one.replace("80/s", "160/s").replace("service", "size=m service")),
            Some(("M/M/1".into(), 3.2))
        );
        let two = format!("{users}\nload-balancer lb policy=random\n{web} clones=2\nu -> lb -> web\n");
        assert_eq!(said(&two.replace("80/s", "160/s")), Some(("M/M/1".into(), 6.4)));
        // Not beyond: overload, another policy, a closed loop, a machine that is asked in turn.
        assert_eq!(said(&one.replace("80/s", "100/s")), None);
        assert_eq!(said(&two.replace("random", "least-connections")), None);
        assert_eq!(said(&one.replace("rate=80/s", "load=closed")), None);
        assert_eq!(said(&format!("{one}database db\nweb -> db\n")), None);
    }

    #[test]
    fn what_is_measured_comes_to_what_the_formula_says() {
        let document = board(
            "seed 3\nusers u rate=300/s login=off\napp-server web workers=4 room=100000 service=exp(10ms)\nu -> web\n",
        );
        let theory = of(&document, "web").expect("M/M/4");
        let mut run = Run::new(&document);
        run.advance_to(Instant(200_000_000_000), u64::MAX);
        let samples = run.samples();
        let lines = samples.iter().flat_map(|s| &s.waiting).filter(|(name, _)| name == "web");
        let mean = lines.map(|(_, n)| f64::from(*n)).sum::<f64>() / samples.len() as f64;
        assert!((mean - theory.waiting).abs() < 0.25 * theory.waiting, "{mean} is not {}", theory.waiting);
    }
}

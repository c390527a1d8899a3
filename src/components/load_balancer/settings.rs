//! What can be set on a load balancer, and what products on the market set. It may not know how it is carried out.

use crate::components::parameter::{self, Domain, Parameter};
use crate::components::parts::size::Size;
use crate::stdx::Duration;

crate::choice! {
    /// Whose defaults hold where nothing is set.
    pub enum Product {
        Plain = "plain", "Plain", "The defaults named at each setting; as much capacity as wanted.";
        Elb = "elb", "ELB", "Amazon's Application Load Balancer: checks every 30 s, 2 failures, 5 successes; fails open.";
        HaProxy = "haproxy", "HAProxy", "Checks every 2 s, 3 failures, 2 successes; 3 connect retries 1 s apart; answers 503 when all are down.";
        Lvs = "lvs", "LVS", "Linux Virtual Server, layer 4: least connections, no checks of its own, no retries, no cookies.";
        Barracuda = "barracuda", "Barracuda", "An appliance of the lower class: 10,000 connections a second.";
        Cisco = "cisco", "Cisco", "An appliance of the middle class: 40,000 connections a second.";
        Citrix = "citrix", "Citrix", "An appliance of the upper class: 100,000 connections a second.";
        F5 = "f5", "F5", "An appliance of the highest class: 250,000 connections a second.";
    }
}

crate::choice! {
    /// Who gets the next request.
    pub enum Policy {
        RoundRobin = "round-robin", "Round robin", "Each server in turn.";
        Weighted = "weighted", "Weighted", "Each server in turn, as often as its weight says (nginx's smooth weighted round robin).";
        Random = "random", "Random", "Any server, each as likely.";
        TwoChoices = "two-choices", "Two random choices", "Of two servers drawn at random the one with fewer open requests (HAProxy's random(2)).";
        LeastConnections = "least-connections", "Least connections", "The server with the fewest open requests; equals take turns.";
        Source = "source", "Source address", "The client's address decides, modulo the servers that are up.";
        KeyModulo = "key-modulo", "Key, modulo", "The hash of the key decides, modulo the servers that are up.";
        KeyConsistent = "key-consistent", "Key, consistent", "The hash of the key decides on a ring: a server that goes takes only its own keys along.";
        Content = "content", "By content", "Pages and pictures to their own servers, everything else to the others; each in turn.";
    }
}

crate::choice! {
    /// How a session stays with its server.
    pub enum Stickiness {
        None = "none", "None", "Every request is spread anew.";
        Cookie = "cookie", "Cookie naming the server", "The cookie is the server's private name; it means nothing when that server is replaced.";
        Number = "number", "Cookie with a random number", "The balancer remembers which server the number stands for, until it crashes.";
        Source = "source", "Source address", "The balancer remembers which server an address was sent to, until it crashes.";
    }
}

crate::choice! {
    /// How it learns that a server is down.
    pub enum Health {
        Active = "active", "Active checks", "It asks each server at intervals (HAProxy).";
        Passive = "passive", "Passive", "It watches what comes of the requests; a failing server is left alone for a while (nginx).";
        None = "none", "None", "It does not.";
    }
}

crate::choice! {
    /// What it does when no server is up.
    pub enum AllDown {
        Refuse = "refuse", "Refuse", "Every request is answered with an error at once (503).";
        FailOpen = "fail-open", "Fail open", "As if all were up: perhaps the checks are wrong (AWS).";
    }
}

crate::choice! {
    /// What the two balancers of a pair do, joined by a heartbeat line.
    pub enum Pairing {
        ActivePassive = "active-passive", "Active–passive", "One of them holds the address that both share; the other stands by.";
        ActiveActive = "active-active", "Active–active", "Each has an address and works; when one falls silent the other takes its address as well.";
    }
}

crate::choice! {
    /// How ready the one that stands by is.
    pub enum Standby {
        Hot = "hot", "Hot", "It runs and checks the servers all the time, and takes over at once.";
        Cold = "cold", "Cold", "It is started only when it is needed.";
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const MILLI: Duration = Duration::from_millis(1);

crate::parameters! {
    /// What can be set.
    pub struct Settings {
        policy: Policy = Policy::RoundRobin, Domain::Choice(Policy::WORDS), Basic, "Policy", "Who gets the next request.";
        sticky: Stickiness = Stickiness::None, Domain::Choice(Stickiness::WORDS), Basic, "Stickiness", "How a session stays with its server.";
        product: Product = Product::Plain, Domain::Choice(Product::WORDS), Basic, "Product", "Whose defaults, capacity and price hold; what is set here stays as it is.";
        size: Size = Size::M, Domain::Choice(Size::WORDS), Basic, "Size", "The machine it runs on: its capacity, where it has one, and its price.";
        health: Health = Health::Active, Domain::Choice(Health::WORDS), Basic, "Health checks", "How it learns that a server is down.";
        check_every: Duration = Duration::from_secs(2), Domain::Time { least: MILLI, most: HOUR }, Advanced, "Check every", "Active: each server is asked at this interval (HAProxy: 2 s, ELB: 30 s).";
        check_timeout: Duration = Duration::from_secs(2), Domain::Time { least: MILLI, most: HOUR }, Advanced, "Check's patience", "Active: a check unanswered for so long has failed (HAProxy: the interval, ELB: 5 s).";
        fall: u32 = 3, Domain::Count { least: 1, most: 100, unit: "checks" }, Advanced, "Fall", "Active: failed checks in a row until a server counts as down (HAProxy: 3, ELB: 2).";
        rise: u32 = 2, Domain::Count { least: 1, most: 100, unit: "checks" }, Advanced, "Rise", "Active: good checks in a row until it counts as up again (HAProxy: 2, ELB: 5).";
        max_fails: u32 = 1, Domain::Count { least: 1, most: 100, unit: "failures" }, Advanced, "Failures to a ban", "Passive: so many failures within the ban's length bring a ban (nginx: 1).";
        ban: Duration = Duration::from_secs(10), Domain::Time { least: MILLI, most: HOUR }, Advanced, "Ban", "Passive: a failing server is left alone for so long (nginx: 10 s).";
        all_down: AllDown = AllDown::Refuse, Domain::Choice(AllDown::WORDS), Advanced, "All down", "What it does when no server is up.";
        needed: u32 = 1, Domain::Count { least: 1, most: 64, unit: "servers" }, Advanced, "Servers needed", "With fewer up it does as if all were down: one alone would only be overrun (HAProxy: monitor fail if nbsrv lt 2; ALB: minimum healthy targets).";
        retries: u32 = 3, Domain::Count { least: 0, most: 20, unit: "retries" }, Advanced, "Connect retries", "A refused connection is tried again so often (HAProxy: 3). A request that has been sent is never repeated.";
        retry_pause: Duration = Duration::from_secs(1), Domain::Time { least: Duration::ZERO, most: HOUR }, Advanced, "Pause before a retry", "On the same server (HAProxy: 1 s).";
        redispatch: bool = false, Domain::Flag, Advanced, "Redispatch", "A retry goes to another server, at once (HAProxy: off, nginx: on).";
        timeout: Duration = Duration::from_secs(5), Domain::Time { least: MILLI, most: HOUR }, Advanced, "Server's patience", "A server silent for so long is given up and the client gets an error (504).";
        choices: u32 = 2, Domain::Count { least: 1, most: 16, unit: "servers" }, Advanced, "Choices", "Two random choices: so many draws (HAProxy: 2).";
        distinct: bool = false, Domain::Flag, Advanced, "Distinct draws", "Two random choices: the draws are different servers (nginx); off: they may be the same (HAProxy).";
        weights: String = String::new(), Domain::Text { most: 400 }, Advanced, "Weights", "Weighted: numbers in the order of the servers, as in 3,1,1; empty: by the servers' sizes.";
        points: u32 = 160, Domain::Count { least: 1, most: 1000, unit: "points" }, Advanced, "Points on the ring", "Consistent hashing: virtual nodes a server (ketama, nginx: 160).";
        pages_to: String = String::new(), Domain::Text { most: 40 }, Advanced, "Pages to", "By content: the name of the servers that get pages and pictures; empty: the static stores.";
        slow_start: Duration = Duration::ZERO, Domain::Time { least: Duration::ZERO, most: HOUR }, Advanced, "Slow start", "A server that came up gets its full share only after so long.";
        drain: String = String::new(), Domain::Text { most: 400 }, Advanced, "Drain", "Names of servers that get no new sessions, as in web-1,web-2; those stuck to them stay.";
        pairing: Pairing = Pairing::ActivePassive, Domain::Choice(Pairing::WORDS), Advanced, "Pair", "In a pair, joined by a heartbeat line: how the two share the work.";
        priority: u32 = 100, Domain::Count { least: 1, most: 254, unit: "" }, Advanced, "Priority", "In a pair: the higher one is active; of equals the one that was drawn first (VRRP: 100).";
        advert: Duration = Duration::from_secs(1), Domain::Time { least: MILLI, most: HOUR }, Advanced, "Advertisement every", "In a pair: after three missed ones and a skew of (256 − priority)/256 of one the other takes over (VRRP: 1 s).";
        standby: Standby = Standby::Hot, Domain::Choice(Standby::WORDS), Advanced, "Standby", "In a pair: how ready the one that stands by is.";
        start_up: Duration = Duration::from_secs(30), Domain::Time { least: Duration::ZERO, most: HOUR }, Advanced, "Start-up time", "A cold standby works only so long after it was needed.";
        preempt: bool = true, Domain::Flag, Advanced, "Preempt", "In a pair: the one with the higher priority takes the address back when it returns (VRRP: on).";
        capacity: f64 = 0.0, Domain::Rate { least: 0.0, most: 1e7 }, Advanced, "Capacity", "Connections a second that it can open on a machine of size S; 0: as many as wanted.";
        backlog: u32 = 4096, Domain::Count { least: 0, most: 1_000_000, unit: "connections" }, Advanced, "Backlog", "Connections that wait for it, where it has a capacity (Linux somaxconn: 4096).";
    }
}

impl Product {
    /// What it sets otherwise than this program does.
    fn presets(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Product::Plain | Product::HaProxy => &[],
            Product::Elb => &[
                ("check-every", "30s"),
                ("check-timeout", "5s"),
                ("fall", "2"),
                ("rise", "5"),
                ("all-down", "fail-open"),
                ("retries", "0"),
                ("timeout", "60s"),
            ],
            Product::Lvs => &[("policy", "least-connections"), ("health", "none"), ("retries", "0"), ("timeout", "15min")],
            Product::Barracuda => &[("capacity", "10000/s")],
            Product::Cisco => &[("capacity", "40000/s")],
            Product::Citrix => &[("capacity", "100000/s"), ("policy", "least-connections")],
            Product::F5 => &[("capacity", "250000/s")],
        }
    }

    /// Dollars an hour on a machine of size S: a small virtual machine; ELB's list price with one capacity unit; an
    /// appliance's list price spread over three years, to the order of magnitude.
    fn price(self) -> f64 {
        match self {
            Product::Plain | Product::HaProxy | Product::Lvs => 0.02,
            Product::Elb => 0.0305,
            Product::Barracuda => 0.2,
            Product::Cisco => 0.7,
            Product::Citrix => 1.5,
            Product::F5 => 3.0,
        }
    }
}

impl Settings {
    /// As drawn, then as the product says, then as everybody.
    pub fn of(drawn: &parameter::Settings) -> Settings {
        let product = Settings::read(drawn).product;
        let mut all = drawn.clone();
        for (name, text) in product.presets() {
            if !all.contains_key(*name) {
                let known: Option<&Parameter> = Settings::parameters().iter().find(|p| p.name == *name);
                let setting = known.and_then(|p| p.read(text).ok());
                all.insert(name.to_string(), setting.unwrap_or_else(|| panic!("preset {name}={text} of {product:?}")));
            }
        }
        Settings::read(&all)
    }

    pub fn price_per_hour(&self) -> f64 {
        self.product.price() * if self.product == Product::Elb { 1.0 } else { self.size.price() }
    }

    /// Connections a second; None: as many as wanted.
    pub fn speed(&self) -> Option<f64> {
        (self.capacity > 0.0).then(|| self.capacity * self.size.speed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::parameter::Read;

    fn with(product: &str, more: &[(&str, &str)]) -> Settings {
        let mut drawn = parameter::Settings::new();
        for (name, text) in [("product", product)].iter().chain(more) {
            let p = Settings::parameters().iter().find(|p| p.name == *name).unwrap();
            drawn.insert(name.to_string(), p.read(text).unwrap());
        }
        Settings::of(&drawn)
    }

    #[test]
    fn every_products_presets_are_settings() {
        for word in Product::WORDS {
            let settings = with(word.name, &[]);
            assert_eq!(settings.product.setting(), parameter::Setting::Text(word.name.to_string()));
        }
    }

    #[test]
    fn what_is_drawn_beats_the_product_and_the_product_beats_the_default() {
        let elb = with("elb", &[("fall", "4")]);
        assert_eq!((elb.fall, elb.rise, elb.check_every), (4, 5, Duration::from_secs(30)));
        assert_eq!(with("plain", &[]), Settings::default());
    }

    #[test]
    fn appliances_cost_more_and_carry_more() {
        let of = |p: &str| with(p, &[]);
        let prices: Vec<f64> = ["haproxy", "barracuda", "cisco", "citrix", "f5"].map(|p| of(p).price_per_hour()).into();
        assert!(prices.is_sorted_by(|a, b| a < b), "{prices:?}");
        assert_eq!(with("f5", &[("size", "s")]).speed(), Some(250_000.0));
        assert_eq!(of("haproxy").speed(), None);
    }
}

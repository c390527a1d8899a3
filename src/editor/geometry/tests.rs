//! Whole boards laid out: the lines they get, and what holds of any board. It may know the drawing only.

use super::cut::GAP;
use super::layout::Layout;
use super::{Density, Rect, Vector, hit, minimap::Minimap};
use crate::components::{Kind, Wire};
use crate::editor::arbitrary::pick;
use crate::editor::selection::Thing;
use crate::scenario::fault::LinkName;
use crate::scenario::{Document, Link, Machine, Point};
use crate::stdx::Random;

/// `"lb 304,252; web 512,252; lb->web"`: machines at their middles, and links.
pub fn board(text: &str) -> Document {
    let mut document = Document::default();
    for part in text.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let arrow = ["<=>", "=>", "->", ".."].into_iter().find(|arrow| part.contains(arrow));
        if let Some((arrow, (from, to))) = arrow.and_then(|a| Some((a, part.split_once(a)?))) {
            let wire = Wire::from_arrow(arrow).unwrap();
            document.links.push(Link {
                from: from.trim().into(),
                to: to.trim().into(),
                wire,
                settings: Default::default(),
            });
        } else {
            let (name, at) = part.split_once(' ').unwrap();
            let (x, y) = at.split_once(',').unwrap();
            let kind = match name {
                n if n.starts_with("user") => Kind::Users,
                n if n.starts_with("lb") => Kind::LoadBalancer,
                n if n.starts_with("cache") => Kind::Cache,
                n if n.starts_with("db") || n.starts_with("copy") => Kind::Database,
                _ => Kind::AppServer,
            };
            let at = Point { x: x.trim().parse().unwrap(), y: y.trim().parse().unwrap() };
            document.machines.push(Machine {
                name: name.into(),
                kind,
                settings: Default::default(),
                at,
                zone: None,
            });
        }
    }
    document
}

fn laid(text: &str) -> Layout {
    Layout::of(&board(text), Density::Regular)
}

fn way(layout: &Layout, link: &str) -> String {
    let route =
        layout.routes.iter().find(|r| format!("{}{}{}", r.name.from, r.name.wire.arrow(), r.name.to) == link);
    let corners = route.unwrap_or_else(|| panic!("no {link}")).line.corners();
    corners.iter().map(|p| format!("{},{}", p.x, p.y)).collect::<Vec<_>>().join(" ")
}

const THREE_TIERS: &str = "users 96,252; lb 304,252; web 512,252; cache 728,128; db 728,376; copy 972,376; users2 972,128; \
    users->lb; lb->web; web->cache; web->db; db=>copy; users2->copy";

#[test]
fn three_tiers_are_drawn_as_a_transit_map() {
    let layout = laid(THREE_TIERS);
    for (link, corners) in [
        ("users->lb", "168,252 232,252"),
        ("lb->web", "376,252 440,252"),
        ("web->cache", "512,216 512,128 656,128"),
        ("web->db", "512,288 512,376 656,376"),
        ("db=>copy", "800,376 900,376"),
        ("users2->copy", "972,164 972,340"),
    ] {
        assert_eq!(way(&layout, link), corners, "{link}");
    }
    let copying = layout.routes.iter().find(|r| r.double()).unwrap();
    assert_eq!(copying.svg, "M800 373L900 373M800 379L900 379");
    assert_eq!(copying.cut.at, Vector::new(850.0, 376.0));
    let route = &layout.routes[1];
    assert_eq!(route.tick_svg(), "M406 248L410 252L406 256");
    assert_eq!(layout.routes[5].label.at, Vector::new(988.0, 256.0));
}

#[test]
fn lines_choose_their_way() {
    for (why, text, link, corners) in [
        ("around a card in between", "a 0,0; b 240,0; c 480,0; a->c", "a->c", "0,36 0,60 480,60 480,36"),
        (
            "straight between cards that face each other a little",
            "a 0,0; b 300,40; a->b",
            "a->b",
            "72,20 228,20",
        ),
        (
            "over a street where a corner has no room",
            "a 0,0; b 300,50; a->b",
            "a->b",
            "72,0 150,0 150,50 228,50",
        ),
        (
            "two between the same cards run beside each other",
            "db 0,0; db2 300,0; db=>db2; db..db2",
            "db=>db2",
            "72,-12 228,-12",
        ),
        (
            "two between the same cards run beside each other",
            "db 0,0; db2 300,0; db=>db2; db..db2",
            "db..db2",
            "72,12 228,12",
        ),
        (
            "two from one side: the nearer turns off first",
            "lb 0,0; w1 300,-300; w2 300,-150; lb->w1; lb->w2",
            "lb->w1",
            "-12,-36 -12,-300 228,-300",
        ),
        (
            "two from one side: the nearer turns off first",
            "lb 0,0; w1 300,-300; w2 300,-150; lb->w1; lb->w2",
            "lb->w2",
            "12,-36 12,-150 228,-150",
        ),
        ("backwards", "a 300,0; b 0,0; a->b", "a->b", "228,0 72,0"),
    ] {
        assert_eq!(way(&laid(text), link), corners, "{why}: {text}");
    }
}

/// A random board of cards that do not overlap, with random calls between them.
fn random_board(random: &mut Random, machines: usize, links: usize) -> Document {
    let mut document = Document::default();
    for i in 0..machines {
        let wanted = Vector::new(random.unit() * 1_600.0, random.unit() * 1_000.0);
        let standing: Vec<Rect> =
            document.machines.iter().map(|m| super::card(m, Density::Regular)).collect();
        let at = super::place::free(wanted, (160.0, 72.0), &standing);
        document.machines.push(Machine {
            name: format!("m{i}"),
            kind: Kind::AppServer,
            settings: Default::default(),
            at,
            zone: None,
        });
    }
    while document.links.len() < links {
        let (from, to) =
            (pick(random, &document.machines).name.clone(), pick(random, &document.machines).name.clone());
        if from != to && !document.links.iter().any(|l| l.from == from && l.to == to) {
            document.links.push(Link { from, to, wire: Wire::Calls, settings: Default::default() });
        }
    }
    document
}

#[test]
fn every_line_joins_its_cards_and_few_run_through_others() {
    let (mut lines, mut through) = (0, 0);
    for seed in 0..60 {
        let mut random = Random::stream(seed, 6);
        let layout = Layout::of(&random_board(&mut random, 12, 14), Density::Regular);
        for route in &layout.routes {
            let (from, to) = (layout.card(&route.name.from).unwrap(), layout.card(&route.name.to).unwrap());
            let on_edge =
                |card: Rect, p: Vector| card.grown(0.01).contains(p) && !card.grown(-0.01).contains(p);
            assert!(
                on_edge(from, route.line.start()) && on_edge(to, route.line.end()),
                "seed {seed}: {:?}",
                route.name
            );
            for pair in route.line.corners().windows(2) {
                assert!(
                    pair[0].x == pair[1].x || pair[0].y == pair[1].y,
                    "seed {seed}: {:?}",
                    route.line.corners()
                );
            }
            let others = layout.cards.iter().filter(|c| c.name != route.name.from && c.name != route.name.to);
            lines += 1;
            through += others
                .filter(|c| {
                    route
                        .line
                        .corners()
                        .windows(2)
                        .any(|l| Rect::between(l[0], l[1]).grown(0.1).overlaps(c.rect))
                })
                .count();
        }
    }
    assert!(through * 100 < lines, "{through} of {lines} lines run through cards");
}

#[test]
fn lines_of_one_board_are_apart() {
    // Two links never lie on top of each other over a stretch, on boards that are not crowded.
    let (mut pairs, mut bad) = (0, 0);
    for seed in 0..60 {
        let mut random = Random::stream(seed, 7);
        let layout = Layout::of(&random_board(&mut random, 10, 10), Density::Regular);
        for (i, a) in layout.routes.iter().enumerate() {
            for b in &layout.routes[i + 1..] {
                pairs += 1;
                let near = |line: &super::line::Line, p: Vector| line.nearest(p).0 < 6.0;
                let steps = (a.line.length() / 4.0) as usize;
                let shared =
                    (0..steps).filter(|s| near(&b.line, a.line.point_at(*s as f64 * 4.0).0)).count() * 4;
                bad += usize::from(shared > 40);
            }
        }
    }
    assert!(bad * 200 < pairs, "{bad} of {pairs} pairs of lines lie on each other");
}

#[test]
fn a_point_a_box_and_a_stroke_find_what_is_there() {
    let layout = laid(THREE_TIERS);
    let machine = |name: &str| hit::Hit::Thing(Thing::Machine(name.into()));
    let link = |from: &str, to: &str| LinkName { from: from.into(), to: to.into(), wire: Wire::Calls };
    let under = |x, y, slop| hit::under(&layout, Vector::new(x, y), slop, |name| name == "db");
    assert_eq!(under(512.0, 252.0, 12.0), machine("web"));
    assert_eq!(under(200.0, 262.0, 12.0), hit::Hit::Thing(Thing::Link(link("users", "lb"))));
    assert_eq!(under(200.0, 270.0, 12.0), hit::Hit::Nothing);
    assert_eq!(under(200.0, 270.0, 22.0), hit::Hit::Thing(Thing::Link(link("users", "lb"))));
    assert_eq!(under(806.0, 376.0, 12.0), hit::Hit::Handle("db".into(), super::Side::Right));
    assert_eq!(under(728.0, 376.0, 12.0), machine("db"));
    assert_eq!(hit::snap(&layout, Vector::new(660.0, 60.0), 20.0), None);
    assert_eq!(hit::snap(&layout, Vector::new(660.0, 75.0), 20.0), Some("cache"));
    let v = Vector::new;
    assert_eq!(hit::crossed(&layout, &[v(400.0, 200.0), v(400.0, 300.0)]), [link("lb", "web")]);
    assert_eq!(
        hit::crossed(&layout, &[v(560.0, 60.0), v(560.0, 250.0), v(560.0, 420.0)]),
        [link("web", "cache"), link("web", "db")]
    );
    let boxed = hit::boxed(&layout, Rect::between(v(0.0, 200.0), v(400.0, 300.0)));
    assert_eq!(
        boxed,
        [Thing::Machine("users".into()), Thing::Machine("lb".into()), Thing::Link(link("users", "lb"))]
    );
}

#[test]
fn the_minimap_goes_there_and_back() {
    let layout = laid(THREE_TIERS);
    let view = Rect::between(Vector::new(0.0, 0.0), Vector::new(1_064.0, 548.0));
    let map = Minimap::new(layout.bounds().unwrap(), view, 116.0, 68.0, 8.0);
    let p = Vector::new(728.0, 376.0);
    assert!(map.board(map.point(p)).distance(p) < 1e-9);
    let seen = map.rect(view);
    assert!(
        seen.left >= 8.0 - 1e-9 && seen.right <= 108.0 + 1e-9 && seen.top >= 7.9 && seen.bottom <= 60.1,
        "{seen:?}"
    );
}

#[test]
fn a_cut_line_leaves_bare_paper() {
    let layout = laid(THREE_TIERS);
    for route in &layout.routes {
        for (forth, back) in [(true, true), (true, false), (false, true)] {
            let parted = route.parted(forth, back).unwrap();
            assert!(!parted.frays.is_empty() && !parted.rest.is_empty());
        }
        assert_eq!(route.parted(false, false), None);
        assert!(route.cut.room > GAP);
    }
}

//! Boards in, places out. It may not know more than the layout does.

use super::*;
use crate::scenario::notation;

fn places(text: &str) -> Vec<(String, Point, Point)> {
    let document = notation::parse(text).unwrap_or_else(|p| panic!("{p:?}"));
    let (wide, tall) = (landscape(&document), portrait(&document));
    for points in [&wide, &tall] {
        for (i, a) in points.iter().enumerate() {
            assert!(a.x % GRID == 0 && a.y % GRID == 0, "{a:?} is off the grid");
            assert!(!points[..i].iter().any(|b| overlap(*a, *b)), "{a:?} lies on another\n{text}");
        }
    }
    assert!(tall.iter().all(|p| p.x >= 96 && p.x <= 272), "wider than a phone: {tall:?}");
    document.machines.into_iter().zip(wide).zip(tall).map(|((m, w), t)| (m.name, w, t)).collect()
}

#[test]
fn three_tiers_stand_as_on_a_map() {
    let places = places(
        "users shoppers\nusers travellers\nload-balancer lb\napp-server web\ncache cache\ndatabase db\ndatabase copy\n\
         shoppers -> lb -> web -> cache\nweb -> db\ndb => copy\ntravellers -> copy",
    );
    let at = |name: &str| places.iter().find(|p| p.0 == name).map(|p| (p.1.x, p.1.y)).unwrap();
    assert_eq!(at("shoppers"), (96, 128));
    assert_eq!(at("lb"), (304, 128));
    assert_eq!(at("web"), (512, 128));
    assert_eq!(at("cache"), (720, 64));
    assert_eq!(at("db"), (720, 192));
    assert_eq!(at("copy"), (928, 192));
    assert_eq!(at("travellers"), (928, 64));
}

#[test]
fn four_masters_stand_in_a_square_whose_sides_are_their_lines() {
    let places = places(
        "users student\ndatabase a\ndatabase b\ndatabase c\ndatabase d\n\
         a <=> b <=> c <=> d <=> a\nstudent -> a",
    );
    let at = |name: &str| places.iter().find(|p| p.0 == name).map(|p| p.1).unwrap();
    assert_eq!(at("a").y, at("b").y);
    assert_eq!(at("b").x, at("c").x);
    assert_eq!(at("c").y, at("d").y);
    assert_eq!(at("d").x, at("a").x);
    assert!(at("student").x < at("a").x);
}

#[test]
fn circles_self_lines_and_lonely_machines_are_laid_out_too() {
    places("app-server a\napp-server b\napp-server c\ncache d\na -> b -> c -> a\na -> a");
    places("database a\ndatabase b\ndatabase c\na <=> b <=> c");
    places("");
}

#[test]
fn zones_do_not_overlap() {
    let places = places(
        "zone east\nzone west\nusers u in east\nusers v in west\napp-server a in east\napp-server b in west\n\
         database d in east\ndatabase e in west\nu -> a -> d\nv -> b -> e\nd <=> e\na -> e",
    );
    let range = |names: [&str; 3]| {
        let ys: Vec<i32> = places.iter().filter(|p| names.contains(&p.0.as_str())).map(|p| p.1.y).collect();
        (*ys.iter().min().unwrap(), *ys.iter().max().unwrap())
    };
    let (east, west) = (range(["u", "a", "d"]), range(["v", "b", "e"]));
    assert!(east.1 + HEIGHT < west.0, "{east:?} {west:?}");
}

#[test]
fn what_has_a_place_keeps_it_and_the_others_find_a_free_one() {
    let document =
        notation::parse("users a @96,64\napp-server b @304,64\ndatabase c\ncache d\na -> b -> c").unwrap();
    assert_eq!(document.machines[1].at, Point { x: 304, y: 64 });
    let points: Vec<Point> = document.machines.iter().map(|m| m.at).collect();
    for (i, a) in points.iter().enumerate() {
        assert!(!points[..i].iter().any(|b| overlap(*a, *b)), "{points:?}");
    }
}

//! Thousands of random edits: each is taken back exactly, refused ones change nothing, and a drawing stays whole. It
//! may know no particular edit.

use super::arbitrary::{command, document};
use super::selection::{Selection, Thing};
use super::undo::{ENTRIES, Undo};
use crate::scenario::Document;
use crate::scenario::edit::Edit;
use crate::stdx::Random;

/// What holds in every drawing that came about by edits.
fn whole(document: &Document) {
    for link in &document.links {
        assert!(document.machine(&link.from).is_some() && document.machine(&link.to).is_some(), "{link:?}");
        assert_eq!(document.links.iter().filter(|l| l.name() == link.name()).count(), 1);
    }
    for machine in &document.machines {
        assert_eq!(
            document.machines.iter().filter(|m| m.name == machine.name).count(),
            1,
            "{}",
            machine.name
        );
        let zone = machine.zone.as_ref();
        assert!(zone.is_none_or(|z| document.zones.iter().any(|zone| zone.name == *z)), "{machine:?}");
        let table = machine.kind.parameters();
        for (name, value) in &machine.settings {
            let parameter = table.iter().find(|p| p.name == name).expect("only settings of its kind");
            assert!(parameter.allows(value) && (parameter.default)() != *value, "{name}={value:?}");
        }
    }
    assert!(document.schedule.is_sorted_by_key(|s| s.at));
}

#[test]
fn every_edit_is_taken_back_exactly_and_a_refused_one_changes_nothing() {
    let (mut done, mut refused) = (0, 0);
    for seed in 0..300 {
        let mut random = Random::stream(seed, 1);
        let mut now = document(&mut random, 20);
        for _ in 0..40 {
            let before = now.clone();
            let command = command(&mut random, &now);
            match command.clone().apply(&mut now) {
                Err(why) => {
                    refused += 1;
                    assert_eq!(now, before, "{command:?} was refused: {why}");
                    assert!(why.to_string().ends_with('.'), "a refusal is a sentence: {why}");
                }
                Ok(applied) => {
                    done += 1;
                    whole(&now);
                    let after = now.clone();
                    let again = applied.inverse.restore(&mut now);
                    assert_eq!(now, before, "taking back {command:?}");
                    again.inverse.restore(&mut now);
                    assert_eq!(now, after, "doing again {command:?}");
                }
            }
        }
    }
    assert!(
        done > 2_000 && refused > 2_000,
        "{done} done, {refused} refused: the swarm looks at one side only"
    );
}

#[test]
fn undo_all_is_the_first_drawing_and_redo_all_the_last() {
    for seed in 0..200 {
        let mut random = Random::stream(seed, 2);
        let first = document(&mut random, 15);
        let (mut now, mut undo) = (first.clone(), Undo::default());
        let mut steps = vec![];
        for step in 0..60 {
            // Some of them in gestures of several edits.
            if random.chance(0.2) {
                undo.begin();
            }
            if let Ok(applied) = command(&mut random, &now).apply(&mut now) {
                undo.record(&format!("step {step}"), applied.inverse);
            }
            if undo.in_gesture() && random.chance(0.4) {
                if random.chance(0.3) {
                    undo.cancel(&mut now);
                } else {
                    undo.end("gesture", &now);
                }
            }
        }
        undo.end("gesture", &now);
        let last = now.clone();
        // Three times there and back: the way does not wear out.
        for _ in 0..3 {
            while undo.undo(&mut now).is_some() {
                whole(&now);
                steps.push(());
            }
            assert_eq!(now, first, "seed {seed}");
            while undo.redo(&mut now).is_some() {}
            assert_eq!(now, last, "seed {seed}");
        }
        assert!(!steps.is_empty());
    }
}

#[test]
fn the_edits_that_a_run_hears_make_the_same_drawing() {
    for seed in 0..200 {
        let mut random = Random::stream(seed, 3);
        let mut now = document(&mut random, 15);
        let mut heard = now.clone();
        for _ in 0..40 {
            if let Ok(applied) = command(&mut random, &now).apply(&mut now) {
                applied.edits.iter().for_each(|edit| hear(&mut heard, edit));
                let back = applied.inverse.restore(&mut now);
                back.edits.iter().for_each(|edit| hear(&mut heard, edit));
                back.inverse.restore(&mut now).edits.iter().for_each(|edit| hear(&mut heard, edit));
            }
            // A run knows neither places nor the title and the notes.
            for (machine, heard) in now.machines.iter().zip(&mut heard.machines) {
                heard.at = machine.at;
            }
            heard.title = now.title.clone();
            heard.notes = now.notes.clone();
            heard.zones.sort_by(|a, b| a.name.cmp(&b.name));
            let mut now = now.clone();
            now.zones.sort_by(|a, b| a.name.cmp(&b.name));
            assert_eq!(heard, now, "seed {seed}");
        }
    }
}

/// What a run would do, done to a drawing.
fn hear(heard: &mut Document, edit: &Edit) {
    let settings = |heard: &mut Document, of: Thing, to| *of.settings_mut(heard).expect("it is there") = to;
    match edit.clone() {
        Edit::AddMachine { index, machine } => heard.machines.insert(index, machine),
        Edit::RemoveMachine { name } => {
            assert!(heard.links.iter().all(|l| l.from != name && l.to != name));
            heard.machines.retain(|m| m.name != name);
        }
        Edit::RenameMachine { from, to } => {
            let ends = heard.links.iter_mut().flat_map(|l| [&mut l.from, &mut l.to]);
            let names = heard.machines.iter_mut().map(|m| &mut m.name);
            ends.chain(names).filter(|n| **n == from).for_each(|n| *n = to.clone());
        }
        Edit::SetMachine { name, settings: to } => settings(heard, Thing::Machine(name), to),
        Edit::PutInZone { machine, zone } => {
            heard.machines.iter_mut().filter(|m| m.name == machine).for_each(|m| m.zone = zone.clone());
        }
        Edit::AddLink { index, link } => heard.links.insert(index, link),
        Edit::RemoveLink { link } => heard.links.retain(|l| l.name() != link),
        Edit::SetLink { link, settings: to } => settings(heard, Thing::Link(link), to),
        Edit::AddZone { name, settings } => heard.zones.push(crate::scenario::Zone { name, settings }),
        Edit::RemoveZone { name } => heard.zones.retain(|z| z.name != name),
        Edit::RenameZone { from, to } => {
            let places = heard.machines.iter_mut().filter_map(|m| m.zone.as_mut());
            let names = heard.zones.iter_mut().map(|z| &mut z.name);
            places.chain(names).filter(|n| **n == from).for_each(|n| *n = to.clone());
        }
        Edit::SetZone { name, settings: to } => settings(heard, Thing::Zone(name), to),
        Edit::SetFile { name, text: Some(text) } => drop(heard.files.insert(name, text)),
        Edit::SetFile { name, text: None } => drop(heard.files.remove(&name)),
        Edit::Seed(seed) => heard.seed = seed,
        Edit::Until(until) => heard.until = until,
        Edit::Schedule(schedule) => heard.schedule = schedule,
        Edit::Replace(document) => *heard = *document,
    }
}

#[test]
fn a_long_history_forgets_its_beginning_and_keeps_at_least_a_hundred() {
    let mut random = Random::stream(1, 4);
    let (mut now, mut undo) = (document(&mut random, 20), Undo::default());
    let mut states = vec![now.clone()];
    while states.len() < ENTRIES + 50 {
        if let Ok(applied) = command(&mut random, &now).apply(&mut now) {
            undo.record("step", applied.inverse);
            states.push(now.clone());
        }
    }
    assert_eq!(undo.len(), ENTRIES);
    const { assert!(ENTRIES >= 100) };
    while undo.undo(&mut now).is_some() {}
    assert_eq!(now, states[states.len() - 1 - ENTRIES]);
}

#[test]
fn a_selection_follows_every_edit() {
    for seed in 0..200 {
        let mut random = Random::stream(seed, 5);
        let mut now = document(&mut random, 20);
        let machines = now.machines.iter().map(|m| Thing::Machine(m.name.clone()));
        let links = now.links.iter().map(|l| Thing::Link(l.name()));
        let zones = now.zones.iter().map(|z| Thing::Zone(z.name.clone()));
        let mut selection: Selection = machines.chain(links).chain(zones).collect();
        for _ in 0..30 {
            let command = command(&mut random, &now);
            if let Ok(applied) = command.clone().apply(&mut now) {
                let before = selection.len();
                selection.follow(&applied.edits);
                assert!(selection.iter().all(|thing| thing.is_there(&now)), "{command:?}: {selection:?}");
                let gone = applied.edits.iter().any(|e| {
                    matches!(
                        e,
                        Edit::RemoveMachine { .. } | Edit::RemoveLink { .. } | Edit::RemoveZone { .. }
                    )
                });
                assert!(gone || selection.len() == before, "{command:?} lost some of the selection");
            }
        }
    }
}

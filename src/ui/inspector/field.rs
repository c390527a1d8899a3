//! One labelled field of a setting, made from its description alone. It may not know whose setting it is.

use crate::components::parameter::{Domain, Parameter, Setting};
use crate::paint::scale::Slide;
use crate::stdx::{Distribution, Duration};
use crate::ui::icon;
use leptos::{ev, prelude::*};

/// What a hand says with a field.
#[derive(Clone, Debug)]
pub enum Change {
    /// Under way: more of the same gesture follows.
    Sliding(Setting),
    /// The gesture is over, or it was one keystroke.
    Done(Setting),
}

/// The field; `set` is asked for every change.
pub fn field(
    parameter: &'static Parameter,
    value: Memo<Setting>,
    changed: Memo<bool>,
    set: Callback<Change>,
) -> AnyView {
    let id = format!("f-{}", parameter.name);
    let body = match parameter.domain {
        Domain::Flag => flag(parameter, value, set),
        Domain::Choice(words)
            if words.len() <= 4 && words.iter().map(|w| w.label.len()).sum::<usize>() <= 16 =>
        {
            segments(parameter, value, set)
        }
        Domain::Choice(_) => select(parameter, &id, value, set),
        _ => number(parameter, &id, value, set),
    };
    view! { <div class="f" class:changed=changed title=parameter.help.read()>{body}</div> }.into_any()
}

fn flag(parameter: &'static Parameter, value: Memo<Setting>, set: Callback<Change>) -> AnyView {
    let on = move || value.get() == Setting::Flag(true);
    view! {
        <span class="lb" aria-hidden="true">{parameter.label}</span>
        <button class="switch end" role="switch" aria-label=parameter.label aria-checked=move || on().to_string()
            on:click=move |_| set.run(Change::Done(Setting::Flag(!on())))></button>
    }
    .into_any()
}

fn words(parameter: &'static Parameter) -> &'static [crate::components::parameter::Word] {
    match parameter.domain {
        Domain::Choice(words) => words,
        _ => &[],
    }
}

fn segments(parameter: &'static Parameter, value: Memo<Setting>, set: Callback<Change>) -> AnyView {
    let buttons = words(parameter).iter().map(|word| {
        let chosen = move || matches!(value.get(), Setting::Text(t) if t == word.name);
        view! {
            <button title=word.help.read() aria-pressed=move || chosen().to_string()
                on:click=move |_| set.run(Change::Done(Setting::Text(word.name.into())))>{word.label}</button>
        }
    });
    view! {
        <span class="lb" aria-hidden="true">{parameter.label}</span>
        <div class="seg" role="group" aria-label=parameter.label>{buttons.collect_view()}</div>
    }
    .into_any()
}

fn select(parameter: &'static Parameter, id: &str, value: Memo<Setting>, set: Callback<Change>) -> AnyView {
    let chosen = move || match value.get() {
        Setting::Text(text) => text,
        _ => String::new(),
    };
    let options = words(parameter).iter().map(|word| {
        view! { <option value=word.name title=word.help.read() selected=move || chosen() == word.name>{word.label}</option> }
    });
    view! {
        <label for=id.to_string()>{parameter.label}</label>
        <select class="field wide" id=id.to_string() prop:value=chosen
            on:change=move |e| set.run(Change::Done(Setting::Text(event_target_value(&e))))>
            {options.collect_view()}
        </select>
    }
    .into_any()
}

/// A slider where the domain has a most value, and always the value as text: both set the same.
fn number(parameter: &'static Parameter, id: &str, value: Memo<Setting>, set: Callback<Change>) -> AnyView {
    let wrong = RwSignal::new(None::<String>);
    let written = move || parameter.write(&value.get());
    // A long text (a distribution with several numbers) takes the slider's place.
    let long = Memo::new(move |_| {
        slide(parameter).is_none() || written().chars().count() > 9 || to_number(&value.get()).is_none()
    });
    let read = move |e: ev::Event| match parameter.read(&event_target_value(&e)) {
        Ok(setting) => {
            wrong.set(None);
            set.run(Change::Done(setting));
        }
        Err(error) => wrong.set(Some(error.to_string())),
    };
    let slider = slide(parameter).map(|slide| {
        let position = move || to_number(&value.get()).map_or(0.0, |x| slide.position(x));
        let to = move |e: &ev::Event| {
            let position: f64 = event_target_value(e).parse().unwrap_or_default();
            from_number(parameter, &value.get_untracked(), slide.value(position / 1000.0))
        };
        // A finger that came to scroll has moved the slider before anybody knew.
        let before = StoredValue::new(None::<Setting>);
        let undo = move || {
            if let Some(setting) = before.get_value() {
                set.run(Change::Done(setting));
            }
        };
        move || {
            (!long.get()).then(|| {
                view! {
                    <input type="range" min="0" max="1000" step="5" aria-label=parameter.label
                        prop:value=move || format!("{:.0}", position() * 1000.0)
                        style:--v=move || format!("{:.1}%", position() * 100.0)
                        aria-valuetext=written
                        on:pointerdown=move |_| before.set_value(Some(value.get_untracked())) on:pointercancel=move |_| undo()
                        on:input=move |e| set.run(Change::Sliding(to(&e)))
                        on:change=move |e| set.run(Change::Done(to(&e)))/>
                }
            })
        }
    });
    let error_id = format!("{id}-error");
    let described = error_id.clone();
    view! {
        <label for=id.to_string()>{parameter.label}</label>
        {slider}
        <input class=move || if long.get() { "field wide" } else { "value" } id=id.to_string() type="text" autocomplete="off" spellcheck="false"
            prop:value=written aria-invalid=move || wrong.with(Option::is_some).then_some("true")
            aria-describedby=move || wrong.with(Option::is_some).then(|| described.clone())
            on:change=read on:input=move |_| wrong.set(None)/>
        {move || wrong.get().map(|why| view! { <p class="error" id=error_id.clone() role="alert">{icon::small("warn")}<span>{why}</span></p> })}
    }
    .into_any()
}

/// The slider of a domain, in the unit of `to_number`; None where a slider says nothing.
fn slide(parameter: &Parameter) -> Option<Slide> {
    let millis = |d: Duration| d.as_millis();
    match parameter.domain {
        Domain::Count { least, most, .. } => Some(Slide::new(least as f64, most as f64, 1.0, true)),
        Domain::Rate { least, most } => Some(Slide::new(least, most.min(1e5), 0.1, false)),
        Domain::Number { least, most, .. } => Some(Slide::new(least, most, 0.01, false)),
        Domain::Share => Some(Slide::new(0.0, 1.0, 0.01, false)),
        Domain::Time { least, most } => Some(Slide::new(millis(least), millis(most), 0.1, false)),
        Domain::Times { most } => Some(Slide::new(0.0, millis(most), 0.1, false)),
        _ => None,
    }
}

/// The number that a slider moves: times in milliseconds, a distribution by its mean.
fn to_number(setting: &Setting) -> Option<f64> {
    match setting {
        Setting::Number(x) => Some(*x),
        Setting::Time(d) | Setting::Distribution(Distribution::Fixed(d) | Distribution::Exponential(d)) => {
            Some(d.as_millis())
        }
        _ => None,
    }
}

fn from_number(parameter: &Parameter, now: &Setting, x: f64) -> Setting {
    let time = Duration::from_secs_f64(x / 1e3);
    match (parameter.domain, now) {
        (Domain::Time { .. }, _) => Setting::Time(time),
        (Domain::Times { .. }, Setting::Distribution(Distribution::Exponential(_))) => {
            Setting::Distribution(Distribution::Exponential(time))
        }
        (Domain::Times { .. }, _) => Setting::Distribution(Distribution::Fixed(time)),
        _ => Setting::Number(x),
    }
}

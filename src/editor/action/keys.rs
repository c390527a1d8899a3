//! Which key means which action: shortcuts as text, how a person reads them, and the event that fits one. It may not
//! know what an action does.

use super::{Action, Entry};

/// Which machine the keyboard belongs to: ⌘ on a Mac, Ctrl elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Platform {
    #[default]
    Other,
    Mac,
}

/// A key that went down, as the browser tells it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KeyPress {
    /// What it writes: `KeyboardEvent.key`.
    pub key: String,
    /// Where it lies: `KeyboardEvent.code`.
    pub code: String,
    pub ctrl: bool,
    pub meta: bool,
    pub shift: bool,
    pub alt: bool,
    /// It was held, and this is not the first.
    pub repeat: bool,
    /// The focus is where text is written.
    pub typing: bool,
}

/// A key with what is held down with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortcut {
    command: bool,
    shift: bool,
    /// A letter or digit in upper case, a sign, or the key's name.
    key: String,
}

impl Shortcut {
    /// Reads `Mod+Shift+Z`, `Shift+ArrowLeft`, `?`, `Mod++`. `Mod` is Ctrl, or ⌘ on a Mac.
    pub fn read(text: &str) -> Option<Shortcut> {
        let (mut command, mut shift, mut rest) = (false, false, text);
        loop {
            if let Some(after) = rest.strip_prefix("Mod+") {
                (command, rest) = (true, after);
            } else if let Some(after) = rest.strip_prefix("Shift+") {
                (shift, rest) = (true, after);
            } else {
                break;
            }
        }
        let named = rest.len() > 1 && rest.chars().all(|c| c.is_ascii_alphanumeric());
        let sign = rest.chars().count() == 1 && !rest.contains(|c: char| c.is_ascii_lowercase());
        (named || sign).then(|| Shortcut { command, shift, key: rest.into() })
    }

    /// As a person reads it: "Ctrl+Shift+Z", "⇧⌘Z", "←".
    pub fn label(&self, platform: Platform) -> String {
        let key = match self.key.as_str() {
            "ArrowLeft" => "←",
            "ArrowRight" => "→",
            "ArrowUp" => "↑",
            "ArrowDown" => "↓",
            "Escape" => "Esc",
            "Backspace" if platform == Platform::Mac => "⌫",
            key => key,
        };
        match platform {
            Platform::Mac => {
                format!("{}{}{key}", if self.shift { "⇧" } else { "" }, if self.command { "⌘" } else { "" })
            }
            Platform::Other => {
                format!(
                    "{}{}{key}",
                    if self.command { "Ctrl+" } else { "" },
                    if self.shift { "Shift+" } else { "" }
                )
            }
        }
    }

    /// For `aria-keyshortcuts`: "Control+Shift+Z".
    pub fn aria(&self, platform: Platform) -> String {
        let command = match (self.command, platform) {
            (false, _) => "",
            (true, Platform::Mac) => "Meta+",
            (true, Platform::Other) => "Control+",
        };
        format!("{command}{}{}", if self.shift { "Shift+" } else { "" }, self.key)
    }

    /// A single character that a person might also mean as text: such shortcuts can be switched off (WCAG 2.1.4).
    pub fn is_single(&self) -> bool {
        !self.command && self.key.chars().count() == 1
    }

    fn fits(&self, press: &KeyPress, platform: Platform) -> bool {
        let command = match platform {
            Platform::Mac => press.meta && !press.ctrl,
            Platform::Other => press.ctrl && !press.meta,
        };
        let foreign = match platform {
            Platform::Mac => press.ctrl,
            Platform::Other => press.meta,
        };
        if command != self.command || foreign || press.alt {
            return false;
        }
        let mut signs = self.key.chars();
        match (signs.next(), signs.next()) {
            // A digit is where it lies: with Shift it writes a sign, and which one depends on the keyboard.
            (Some(digit @ '0'..='9'), None) => {
                press.shift == self.shift && (press.code == format!("Digit{digit}") || press.key == self.key)
            }
            // A letter is what it writes, or where it lies on a keyboard that writes another script.
            (Some(letter @ 'A'..='Z'), None) => {
                let written = press.key.eq_ignore_ascii_case(&self.key);
                let placed = !press.key.is_ascii() && press.code == format!("Key{letter}");
                press.shift == self.shift && (written || placed)
            }
            // Another sign is what it writes, whatever had to be held for it.
            (Some(_), None) => press.key == self.key,
            _ => press.shift == self.shift && press.key == self.key,
        }
    }
}

/// The first shortcut of an action as a person reads it; None when it has none.
pub fn label(entry: &Entry, platform: Platform) -> Option<String> {
    entry.keys.first().and_then(|key| Shortcut::read(key)).map(|shortcut| shortcut.label(platform))
}

/// The action that the key means. Where text is written only the command list is, opening and saving: a field needs
/// them for nothing, and what the browser would do instead is not about the board. `singles` says whether single-character
/// shortcuts are on.
pub fn find(press: &KeyPress, platform: Platform, singles: bool) -> Option<Action> {
    let means = |entry: &&Entry| {
        let shortcuts = entry.keys.iter().filter_map(|key| Shortcut::read(key));
        shortcuts.filter(|s| singles || !s.is_single()).any(|s| s.fits(press, platform))
    };
    let action = Action::ALL.iter().find(means).map(|entry| entry.action);
    action.filter(|action| !press.typing || matches!(action, Action::Commands | Action::Open | Action::Save))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `"Ctrl+Shift+Z"`: the keys held, and the key as it writes; `:KeyZ` where it lies.
    fn press(text: &str) -> KeyPress {
        let (text, code) = text.split_once(':').unwrap_or((text, ""));
        let mut press = KeyPress { code: code.into(), ..KeyPress::default() };
        let mut rest = text;
        while let Some((held, after)) =
            rest.split_once('+').filter(|(held, after)| !held.is_empty() && !after.is_empty())
        {
            match held {
                "Ctrl" => press.ctrl = true,
                "Meta" => press.meta = true,
                "Shift" => press.shift = true,
                "Alt" => press.alt = true,
                other => panic!("{other}"),
            }
            rest = after;
        }
        press.key = rest.into();
        press
    }

    #[test]
    fn keys_mean_actions() {
        use Action::*;
        for (text, action) in [
            ("p", Some(PlayOrPause)),
            ("P", Some(PlayOrPause)),
            ("Ctrl+p", None),
            ("Alt+p", None),
            (".", Some(Step)),
            ("Shift+:", None),
            ("Ctrl+z", Some(Undo)),
            ("Ctrl+Shift+Z", Some(Redo)),
            ("Ctrl+y", Some(Redo)),
            ("Meta+z", None),
            ("x", Some(Scissors)),
            ("Ctrl+x", Some(Cut)),
            ("Shift+X", Some(HealAll)),
            ("Shift+!:Digit1", Some(Fit)),
            ("Shift+\":Digit2", Some(FitSelection)),
            ("1:Digit1", None),
            ("Ctrl+0:Digit0", Some(ZoomFull)),
            ("Shift+?", Some(Help)),
            ("ArrowLeft", Some(Left)),
            ("Shift+ArrowLeft", Some(FarLeft)),
            ("Backspace", Some(Delete)),
            ("Escape", Some(Escape)),
            ("Shift+F10", Some(Menu)),
            ("м:KeyV", Some(Select)),
            ("Ctrl+я:KeyZ", Some(Undo)),
            ("Ctrl++", Some(ZoomIn)),
            ("q", None),
        ] {
            assert_eq!(find(&press(text), Platform::Other, true), action, "{text}");
        }
        assert_eq!(find(&press("Meta+Shift+z"), Platform::Mac, true), Some(Redo));
        assert_eq!(find(&press("Ctrl+z"), Platform::Mac, true), None);
    }

    #[test]
    fn single_keys_can_be_switched_off_and_never_act_where_text_is_written() {
        for text in ["p", ".", "x", "Shift+?", "+"] {
            assert_eq!(find(&press(text), Platform::Other, false), None, "{text}");
        }
        for text in ["Ctrl+z", "ArrowLeft", "Delete", "Escape"] {
            assert!(find(&press(text), Platform::Other, false).is_some(), "{text}");
            let typing = KeyPress { typing: true, ..press(text) };
            assert_eq!(find(&typing, Platform::Other, true), None, "{text}");
        }
        for (text, action) in
            [("Ctrl+k", Action::Commands), ("Ctrl+o", Action::Open), ("Ctrl+s", Action::Save)]
        {
            let typing = KeyPress { typing: true, ..press(text) };
            assert_eq!(find(&typing, Platform::Other, true), Some(action));
        }
    }

    #[test]
    fn shortcuts_are_read_by_people() {
        let redo = Shortcut::read("Mod+Shift+Z").unwrap();
        assert_eq!(redo.label(Platform::Other), "Ctrl+Shift+Z");
        assert_eq!(redo.label(Platform::Mac), "⇧⌘Z");
        assert_eq!(redo.aria(Platform::Other), "Control+Shift+Z");
        assert_eq!(label(Action::Left.entry(), Platform::Other).as_deref(), Some("←"));
        for bad in ["", "Mod+", "Hyper+X", "mod+z", "a"] {
            assert_eq!(Shortcut::read(bad), None, "{bad}");
        }
    }
}

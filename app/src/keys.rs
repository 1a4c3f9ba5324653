//! Single keys and what they do. Off inside text, so that nobody triages by typing.

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The next report of the list.
    Next,
    /// The previous one.
    Previous,
    /// Open what is picked.
    Open,
    /// Close, go back.
    Back,
    /// The map goes to what is picked.
    Go,
    /// The map goes to the own area.
    Home,
    /// Take in what waits.
    TakeIn,
    /// Hold the list, or let it go.
    Freeze,
    /// All sensors, or only those that need a look.
    Sensors,
    /// Show the keys.
    Help,
}

/// The act of a key. `chord` is true with Ctrl, Alt or Meta down: those belong to the browser.
pub fn act_of(key: &str, chord: bool, in_text: bool) -> Option<Act> {
    if chord {
        return None;
    }
    if in_text {
        return (key == "Escape").then_some(Act::Back);
    }
    Some(match key {
        "j" | "J" | "ArrowDown" => Act::Next,
        "k" | "K" | "ArrowUp" => Act::Previous,
        "Enter" => Act::Open,
        "Escape" => Act::Back,
        "g" | "G" => Act::Go,
        "Home" => Act::Home,
        "r" | "R" => Act::TakeIn,
        "f" | "F" => Act::Freeze,
        "o" | "O" => Act::Sensors,
        "?" => Act::Help,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_keys_are_off_inside_text_but_escape_still_leaves() {
        assert_eq!(act_of("g", false, true), None);
        assert_eq!(act_of("Escape", false, true), Some(Act::Back));
        assert_eq!(act_of("g", false, false), Some(Act::Go));
    }

    #[test]
    fn a_browser_shortcut_is_left_to_the_browser() {
        assert_eq!(act_of("r", true, false), None);
    }
}

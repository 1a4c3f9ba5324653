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
    /// Find a place.
    Find,
    /// Search the reports.
    Search,
    /// Show the keys.
    Help,
    /// Incidents or reports.
    TurnList,
    /// Answer the gravest alarm.
    Answer,
    /// Put the gravest alarm off.
    Shelve,
    /// Take the incident in hand.
    Take,
    /// It is true.
    Confirm,
    /// It is not.
    Refute,
    /// The answer with this place, from 1.
    Answers(u8),
    /// The warnings in force.
    Warnings,
    /// It is one with another.
    Merge,
    /// A report of it is another.
    Split,
    /// A line for the log, or a note on what is open.
    Log,
    /// What was decided last is taken back.
    TakeBack,
}

/// The act of a key. `chord` is true with Ctrl, Alt or Meta down: but for the search, those belong to the browser.
pub fn act_of(key: &str, chord: bool, in_text: bool) -> Option<Act> {
    if chord {
        return matches!(key, "k" | "K").then_some(Act::Search);
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
        "w" | "W" => Act::Warnings,
        "/" => Act::Find,
        "?" => Act::Help,
        "v" | "V" => Act::TurnList,
        " " => Act::Answer,
        "z" | "Z" => Act::Shelve,
        "t" | "T" => Act::Take,
        "c" | "C" => Act::Confirm,
        "x" | "X" => Act::Refute,
        "m" | "M" => Act::Merge,
        "s" | "S" => Act::Split,
        "l" | "L" => Act::Log,
        "u" | "U" => Act::TakeBack,
        "1" => Act::Answers(1),
        "2" => Act::Answers(2),
        "3" => Act::Answers(3),
        "4" => Act::Answers(4),
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
        for typed in [" ", "t", "c", "x", "m", "s", "l", "u", "1", "/"] {
            assert_eq!(act_of(typed, false, true), None, "nobody decides by writing");
        }
    }

    #[test]
    fn from_alarm_to_decision_it_is_five_keys() {
        let acts = [" ", "Enter", "t", "c", "1"].map(|key| act_of(key, false, false));
        let wanted = [Act::Answer, Act::Open, Act::Take, Act::Confirm, Act::Answers(1)];
        assert_eq!(acts, wanted.map(Some));
    }

    #[test]
    fn a_browser_shortcut_is_left_to_the_browser() {
        assert_eq!(act_of("r", true, false), None);
    }
}

//! Words of strangers inside sentences of ours. Some letters run from right to left, and some marks turn whatever follows them: set apart,
//! they turn nothing but themselves, whatever a sender wrote.

use std::borrow::Cow;

/// Begins words that are ordered among themselves alone, in the direction of their first letter.
const APART: char = '\u{2068}';
/// Ends them.
const END: char = '\u{2069}';

/// Whether it turns its neighbours: a letter that runs from right to left, a mark that steers direction, or an end of a paragraph, which
/// would end what sets the words apart.
fn turns(one: char) -> bool {
    matches!(one,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
        | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || ends_paragraph(one)
}

fn ends_paragraph(one: char) -> bool {
    matches!(one, '\n' | '\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2029}')
}

/// The words as they may stand in a sentence, a title or beside other words: as they are where nothing in them turns, else set apart, with
/// an end for each mark that begins something and none too many.
pub fn apart(said: &str) -> Cow<'_, str> {
    if !said.chars().any(turns) {
        return Cow::Borrowed(said);
    }
    let mut set = String::with_capacity(said.len() + 2 * APART.len_utf8());
    set.push(APART);
    let mut open = 0_usize;
    for one in said.chars() {
        match one {
            '\u{2066}'..='\u{2068}' => {
                open += 1;
                set.push(one);
            }
            // One that ends nothing here would end ours.
            END if open == 0 => {}
            END => {
                open -= 1;
                set.push(one);
            }
            one if ends_paragraph(one) => set.push(' '),
            one => set.push(one),
        }
    }
    set.extend(std::iter::repeat_n(END, open + 1));
    Cow::Owned(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_that_turn_nothing_stay_as_they_are() {
        for said in
            ["", "Carrer de Pujades, 12", "<b>ça & là</b> {{7*7}}", "воda 水", "e\u{301}\u{302}"]
        {
            assert!(matches!(apart(said), Cow::Borrowed(same) if same == said), "{said}");
        }
    }

    #[test]
    fn words_that_run_the_other_way_are_set_apart() {
        assert_eq!(apart("مياه"), "\u{2068}مياه\u{2069}");
        assert_eq!(apart("a\u{202e}b"), "\u{2068}a\u{202e}b\u{2069}");
    }

    #[test]
    fn a_mark_that_ends_nothing_is_left_out_and_one_without_an_end_gets_one() {
        assert_eq!(apart("\u{2069}\u{202e}x"), "\u{2068}\u{202e}x\u{2069}");
        assert_eq!(apart("\u{2067}x"), "\u{2068}\u{2067}x\u{2069}\u{2069}");
        assert_eq!(apart("\u{2067}x\u{2069}\u{2069}y"), "\u{2068}\u{2067}x\u{2069}y\u{2069}");
        assert_eq!(apart("x\u{2029}\u{202e}y"), "\u{2068}x \u{202e}y\u{2069}");
    }

    proptest! {
        #[test]
        fn whatever_is_said_ends_where_it_is_set_apart(said in "[a-z\u{5d0}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{2029}\n]{0,40}") {
            let set = apart(&said);
            let mut open = 0_i64;
            for (at, one) in set.char_indices() {
                match one {
                    '\u{2066}'..='\u{2068}' => open += 1,
                    END => open -= 1,
                    _ => {}
                }
                let is_last = at + one.len_utf8() == set.len();
                prop_assert!(set == said || is_last || open > 0, "{set:?} ends at {at}");
                prop_assert!(set == said || !ends_paragraph(one));
            }
            prop_assert_eq!(open, 0);
            let words = |text: &str| text.chars().filter(|one| !turns(*one) && *one != ' ').collect::<String>();
            prop_assert_eq!(words(&set), words(&said), "no word is lost");
        }
    }
}

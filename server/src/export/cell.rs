//! Text in a table, so that no spreadsheet takes it for a formula.

/// What a spreadsheet takes for the beginning of a formula: the signs of OWASP's list, their full-width forms, and those by which old
/// ones start programs.
const ACTIVE: [char; 10] =
    ['=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// The text with an apostrophe before whatever would be a formula: at its beginning, and after each sign that a spreadsheet of another
/// country takes for the end of a cell.
pub(crate) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    // A cell begins here.
    let mut begins = true;
    for (at, sign) in text.char_indices() {
        let is_blank_first = at == 0 && matches!(sign, '\t' | '\r' | '\n');
        if begins && ACTIVE.contains(&sign) || is_blank_first {
            out.push('\'');
        }
        begins = matches!(sign, ',' | ';' | '\t' | '\r' | '\n' | '"' | '|')
            || begins && (sign.is_whitespace() || is_unseen(sign) || sign == '\'');
        out.push(sign);
    }
    out
}

/// Signs that a reader does not see and a spreadsheet may drop.
fn is_unseen(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text() {
        for bad in [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "  =1",
            "\t=1",
            "\r=1",
            "|x",
            "%x",
            "＝1",
            "\u{feff}=1",
            "'=1",
        ] {
            let cell = harmless(bad);
            assert!(cell.contains('\''), "{bad:?} {cell:?}");
            let before = cell.find(|sign| ACTIVE.contains(&sign)).unwrap_or_default();
            assert!(cell[..before].ends_with('\''), "{bad:?} {cell:?}");
        }
        assert_eq!(harmless("\tx"), "'\tx");
    }

    #[test]
    fn a_cell_that_begins_inside_another_is_text_too() {
        assert_eq!(harmless("foc;=1+1"), "foc;'=1+1");
        assert_eq!(harmless("foc\",=1"), "foc\",'=1");
        assert_eq!(harmless("a\n@b"), "a\n'@b");
        assert_eq!(harmless("a, \"=1"), "a, \"'=1");
        assert_eq!(harmless("partner:a 3-4 a=b"), "partner:a 3-4 a=b", "the rest stays as it is");
    }
}

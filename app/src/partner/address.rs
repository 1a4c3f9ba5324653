//! The address of a partner desk: mode, which connections, which device and how far back, so that what one sees is a link.

use std::fmt::Write as _;
use std::str::FromStr as _;

use wire::view::Mode;

use crate::address::{decode, encode};

/// How far back a history goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Span {
    /// An hour, by the minute.
    Hour,
    /// A day, by the quarter of an hour.
    #[default]
    Day,
    /// A week, by two hours.
    Week,
}

impl Span {
    /// All of them, shortest first.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// Its word in the address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// How long it is.
    pub fn ms(self) -> i64 {
        match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
            Self::Week => 7 * 86_400_000,
        }
    }

    /// The stretches it is told in: a hundred or less, what a chart of a hand's breadth shows.
    pub fn bucket(self) -> &'static str {
        match self {
            Self::Hour => "1m",
            Self::Day => "15m",
            Self::Week => "2h",
        }
    }
}

/// A device that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// As the partner names it.
    pub name: String,
    /// Of which source, where several have one.
    pub source: Option<String>,
}

/// Everything the address says. What is absent or not understood takes its default; an address never breaks the desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Live or exercise, once chosen.
    pub mode: Option<Mode>,
    /// Only connections that are not well.
    pub problems: bool,
    /// Only this connection, by its source.
    pub only: Option<String>,
    /// The device.
    pub device: Option<Device>,
    /// How far back its history goes.
    pub span: Span,
}

impl Address {
    /// Reads the query of an address, with or without its question mark.
    pub fn parse(query: &str) -> Self {
        let mut address = Self::default();
        let mut source = None;
        for pair in query.trim_start_matches('?').split('&') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = decode(value);
            match name {
                "mode" => address.mode = Mode::from_str(&value).ok(),
                "show" => address.problems = value == "problems",
                "only" => address.only = Some(value).filter(|only| !only.is_empty()),
                "device" => {
                    let name = value.trim().to_owned();
                    address.device = (!name.is_empty()).then_some(Device { name, source: None });
                }
                "source" => source = Some(value).filter(|source| !source.is_empty()),
                "span" => {
                    let known = Span::ALL.into_iter().find(|span| span.word() == value);
                    address.span = known.unwrap_or_default();
                }
                _ => {}
            }
        }
        if let Some(device) = &mut address.device {
            device.source = source;
        }
        address
    }

    /// The query of this address, with its question mark.
    pub fn query(&self) -> String {
        let mut out = String::new();
        let mut add = |name: &str, value: &str| {
            let join = if out.is_empty() { '?' } else { '&' };
            // Writing into a String cannot fail.
            let _ = write!(out, "{join}{name}={}", encode(value));
        };
        if let Some(mode) = self.mode {
            add("mode", mode.word());
        }
        if self.problems {
            add("show", "problems");
        }
        if let Some(only) = &self.only {
            add("only", only);
        }
        if let Some(Device { name, source }) = &self.device {
            add("device", name);
            if let Some(source) = source {
                add("source", source);
            }
        }
        if self.span != Span::default() {
            add("span", self.span.word());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_its_text() {
        let name = "urn:dev:a/1&2=é ü".to_owned();
        let address = Address {
            mode: Some(Mode::Exercise),
            problems: true,
            only: Some("partner:rain gauges".to_owned()),
            device: Some(Device { name, source: Some("partner:x&y".to_owned()) }),
            span: Span::Week,
        };
        assert_eq!(Address::parse(&address.query()), address);
        assert_eq!(Address::parse(""), Address::default());
    }

    #[test]
    fn what_an_address_gets_wrong_takes_its_default() {
        let address = Address::parse("?mode=drill&show=all&device=%20&source=x&span=9y&only=");
        assert_eq!(address, Address::default());
    }
}

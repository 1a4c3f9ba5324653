//! The scopes of partner keys: what each key may do.

/// One scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// May send reports.
    Reports,
    /// May send observations.
    Observations,
    /// May send advisories.
    Advisories,
    /// May read the picture of its mode.
    Read,
    /// Its severity counts as more than a claim.
    Authority,
}

/// Not one of the scopes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scope: use reports, observations, advisories, read or authority")]
pub struct UnknownScope(pub String);

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] =
        [Self::Reports, Self::Observations, Self::Advisories, Self::Read, Self::Authority];

    /// The scope's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::Observations => "observations",
            Self::Advisories => "advisories",
            Self::Read => "read",
            Self::Authority => "authority",
        }
    }
}

/// A set of scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Whether the scope is among them.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.0.iter().map(|scope| scope.word()).collect();
        f.write_str(&words.join(" "))
    }
}

impl std::str::FromStr for Scopes {
    type Err = UnknownScope;

    /// Words between commas or spaces.
    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let mut scopes = Vec::new();
        for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
            let scope = Scope::ALL
                .into_iter()
                .find(|scope| scope.word() == word)
                .ok_or_else(|| UnknownScope(word.to_owned()))?;
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes.sort_unstable();
        Ok(Self(scopes))
    }
}

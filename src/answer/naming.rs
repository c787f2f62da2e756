//! The shapes of `use --json` and `rename --json`.

use serde::Serialize;

/// A provider's default account.
#[derive(Debug, Serialize)]
pub struct DefaultAccount {
    /// `PROVIDER/NAME`.
    pub account: String,
    /// The provider's name.
    pub provider: String,
    /// The default until now, as `PROVIDER/NAME`; itself where nothing changed.
    pub previous: Option<String>,
}

/// An account that has a name.
#[derive(Debug, Serialize)]
pub struct Renamed {
    /// `PROVIDER/NAME`.
    pub account: String,
    /// The same until now; itself where nothing changed.
    pub previous: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::fixture::assert_shape;

    #[test]
    fn the_shapes_are_the_documented_ones() {
        let default = DefaultAccount {
            account: "huggingface/work".into(),
            provider: "huggingface".into(),
            previous: Some("huggingface/julien".into()),
        };
        assert_shape(&default, include_str!("shapes/use.json"));
        let renamed = Renamed {
            account: "huggingface/work".into(),
            previous: "huggingface/julien".into(),
        };
        assert_shape(&renamed, include_str!("shapes/rename.json"));
    }
}

//! The names of all keys that a file may set, taken from the types themselves.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

use super::fault::dotted;
use super::{
    AuthorizationRule, DeviceRule, EnvironmentRule, ExchangeRule, GivenRule, IdentityRule,
    LifetimeRule, PrefixRule, Provider, RedirectRule, RegistrationRule, RevocationRule, TokenRule,
};

type Fields = &'static [&'static str];

type Table = (&'static str, fn() -> Fields);

/// The keys whose values are tables with keys of their own.
const TABLES: [Table; 12] = [
    ("authorization", fields::<AuthorizationRule>),
    ("device", fields::<DeviceRule>),
    ("environment", fields::<EnvironmentRule>),
    ("exchange", fields::<ExchangeRule>),
    ("given", fields::<GivenRule>),
    ("identity", fields::<IdentityRule>),
    ("lifetime", fields::<LifetimeRule>),
    ("prefixes", fields::<PrefixRule>),
    ("redirect", fields::<RedirectRule>),
    ("registration", fields::<RegistrationRule>),
    ("revocation", fields::<RevocationRule>),
    ("token", fields::<TokenRule>),
];

/// The keys of rows that no file may set.
const ROWS_OWN: [&str; 2] = ["embedded", "origins"];

/// Whether a key holds a table, of its own keys or of any.
pub(super) fn is_table_key(key: &str) -> bool {
    key == "presets" || TABLES.iter().any(|(table, _)| *table == key)
}

/// Every key that a file may set, by its dotted path. One that holds a table of any keys, such as
/// `presets`, is among them and what it holds is not.
pub fn keys() -> Vec<String> {
    let of = |key: &&'static str| match TABLES.iter().find(|(table, _)| table == key) {
        Some((table, fields)) => fields().iter().map(|field| dotted(table, field)).collect(),
        None => vec![(*key).to_owned()],
    };
    let own = fields::<Provider>().iter();
    own.filter(|key| !ROWS_OWN.contains(key))
        .flat_map(of)
        .collect()
}

/// The fields that a type reads from a file.
fn fields<'de, T: Deserialize<'de>>() -> Fields {
    let mut asked = Asked(&[]);
    let _ = T::deserialize(&mut asked); // always fails, the fields being what was wanted
    asked.0
}

/// Remembers which fields a type asks for, and has none of them.
struct Asked(Fields);

impl<'de> Deserializer<'de> for &mut Asked {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("nothing is here"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_types() {
        let keys = keys();
        for key in [
            "title",
            "client_id",
            "presets",
            "redirect.host",
            "redirect.ports",
            "authorization.parameters",
            "identity.headers",
            "device.style",
            "token.body",
            "registration.values",
            "revocation.style",
        ] {
            assert!(keys.iter().any(|known| known == key), "{key}: {keys:?}");
        }
        for none in ["name", "embedded", "pinned_as", "missing", "redirect"] {
            assert!(!keys.iter().any(|known| known == none), "{none}");
        }
    }

    #[test]
    fn every_table_of_a_definition_is_known() {
        let table = toml::Table::try_from(Provider::default()).unwrap();
        let own = table.iter().filter(|(_, value)| value.is_table());
        for (key, _) in own {
            assert!(TABLES.iter().any(|(table, _)| table == key), "{key}");
        }
    }
}

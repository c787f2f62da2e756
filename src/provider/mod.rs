//! A provider: one authorization server plus our registration there, as data.
//!
//! A provider is a TOML file. What servers do differently are keys of that file, never an `if` on a
//! name in the code. `Registry` finds the files; nothing here speaks to a network.

mod acceptance;
mod builtin;
mod change;
mod check;
mod definition;
mod edit;
mod endpoint;
mod fault;
mod keys;
mod origins;
mod overlay;
mod placeholders;
mod prefixes;
#[expect(
    clippy::module_inception,
    reason = "the type of that name, apart from the map"
)]
mod provider;
mod register;
mod registry;
mod rules;
mod suggest;
mod template;

pub(crate) use change::{Change, KeyType, key_type_of};
pub(crate) use definition::{Definition, usual_scopes};
pub(crate) use endpoint::Endpoint;
pub(crate) use fault::dotted;
pub use keys::keys;
pub(crate) use origins::{Stranger, host_of, is_within, parse_host};
pub(crate) use prefixes::{PrefixMatch, judge};
pub(crate) use provider::{Provider, RESERVED_PARAMETERS, SANDBOX};
#[cfg(feature = "sandbox")]
pub(crate) use registry::Embedded;
pub(crate) use registry::{Adopted, Edited, Registry, SetVariable, Source, Sources};
pub(crate) use rules::{
    AuthorizationRule, ClientAuth, DeviceRule, DeviceStyle, EnvironmentRule, ExchangeRule,
    GivenRule, IdentityMethod, IdentityRule, IdentitySource, LifetimeRule, PrefixRule,
    RedirectHost, RedirectRule, RegistrationRule, ResourceForm, RevocationRule, RevocationStyle,
    TokenBody, TokenRule,
};

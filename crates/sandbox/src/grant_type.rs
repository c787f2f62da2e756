//! The grant types, by their registered names.

/// That of RFC 8628 §3.4.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// That of RFC 8693 §2.1.
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Every one that the token endpoint takes.
pub const GRANT_TYPES: [&str; 5] = [
    "authorization_code",
    "refresh_token",
    DEVICE_CODE,
    "client_credentials",
    TOKEN_EXCHANGE,
];

//! The grant types, by their registered names.

/// That of RFC 8628 §3.4.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Every one that the token endpoint takes.
pub const GRANT_TYPES: [&str; 4] = [
    "authorization_code",
    "refresh_token",
    DEVICE_CODE,
    "client_credentials",
];

//! The device authorization grant (RFC 8628), and the dialects of it that a provider's file names.
//!
//! [`DeviceRequest::send`] gets the codes, [`Pace`] says when to poll, and each [`DeviceRequest::poll`]
//! asks once.

mod codes;
mod pace;
mod request;

pub(crate) use codes::{PlainCode, UserCode};
pub(crate) use pace::Pace;
pub(crate) use request::{DeviceAuthorization, DeviceRequest, Poll};

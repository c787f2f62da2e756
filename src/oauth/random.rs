//! Values that nobody can guess.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::zeroize::Zeroizing;

use keyfob_base::random;
use keyfob_base::secret::Secret;

/// 32 octets of the operating system's randomness, base64url without padding: 43 characters.
pub(super) fn token() -> Secret {
    let mut octets = Zeroizing::new([0_u8; 32]);
    random::fill(octets.as_mut()).expect("the operating system has randomness");
    Secret::new(URL_SAFE_NO_PAD.encode(octets))
}

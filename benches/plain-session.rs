//! Reads one of keyfob's secrets over a session that does not encrypt, for `benches/figures`: what a
//! read of the keyring costs without the key exchange.

use std::collections::HashMap;

use secret_service::EncryptionType;
use secret_service::blocking::SecretService;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id = std::env::args().nth(1).ok_or("which account's id?")?;
    let service = SecretService::connect(EncryptionType::Plain)?;
    let found = service.search_items(HashMap::from([("service", "keyfob"), ("username", &id)]))?;
    let item = found.unlocked.first().ok_or("no such secret")?;
    print!("{}", String::from_utf8(item.get_secret()?)?);
    Ok(())
}

//! Device codes, and what people decide about them (RFC 8628).

use std::io;

use serde::{Deserialize, Serialize};

use super::{State, TokenGrant};
use crate::http::Refusal;
use crate::people::Person;
use crate::random::{self, Hash};
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// What `slow_down` adds to the interval, in seconds (RFC 8628 §3.5).
const SLOWER: u64 = 5;

/// How long a code is remembered beyond its end, in seconds, to be told from one that never was.
const REMEMBERED: u64 = 600;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeviceRequest {
    pub(crate) client: String,
    pub(crate) scope: Vec<String>,
    pub(crate) audience: Vec<String>,
    pub(crate) interval: u64,
    pub(crate) expires_at: Timestamp,
    /// The code that the person types, without its dash.
    user_code: Hash,
    polled_at: Option<Timestamp>,
    decision: Decision,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    Pending,
    Denied,
    Allowed {
        subject: String,
        auth_time: Timestamp,
    },
}

impl DeviceRequest {
    pub(crate) fn new(
        client: &str,
        scope: Vec<String>,
        audience: Vec<String>,
        interval: u64,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            client: client.into(),
            scope,
            audience,
            interval,
            expires_at,
            user_code: Hash::of(""),
            polled_at: None,
            decision: Decision::Pending,
        }
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.plus(REMEMBERED) <= now
    }

    fn is_open(&self, now: Timestamp) -> bool {
        self.decision == Decision::Pending && now < self.expires_at
    }

    /// Counts a poll, refusing one that comes too soon and from then on wanting them slower.
    fn pace(&mut self, now: Timestamp) -> Result<bool, Refusal> {
        let before = self.polled_at.replace(now);
        if before.is_some_and(|at| now.since(at) < self.interval) {
            self.interval += SLOWER;
            return Err(Refusal::new("slow_down", "polled faster than the interval"));
        }
        Ok(before.is_none())
    }
}

impl State {
    pub(crate) fn issue_device_code(
        &mut self,
        mut request: DeviceRequest,
    ) -> io::Result<(Secret, String)> {
        let device_code = random::value("sandbox_device_")?;
        let user_code = loop {
            let code = random::user_code()?;
            if self.by_user_code(&hash_of(&code)).is_none() {
                break code;
            }
        };
        request.user_code = hash_of(&user_code);
        self.device_codes
            .insert(Hash::of(device_code.expose()), request);
        Ok((device_code, user_code))
    }

    /// The undecided request of a code as a person types it, in any case, with or without its dash.
    pub(crate) fn device_request(&self, user_code: &str, now: Timestamp) -> Option<&DeviceRequest> {
        let (_, request) = self.by_user_code(&hash_of(user_code))?;
        Some(request).filter(|request| request.is_open(now))
    }

    pub(crate) fn decide(&mut self, user_code: &str, decision: Decision, now: Timestamp) -> bool {
        let user_code = hash_of(user_code);
        let request = self
            .device_codes
            .values_mut()
            .find(|request| request.user_code == user_code && request.is_open(now));
        request.map(|request| request.decision = decision).is_some()
    }

    #[cfg(feature = "quirks")]
    pub(crate) fn device_client(&self, device_code: &str, user_code: &str) -> Option<&str> {
        let request = self.device_codes.get(&Hash::of(device_code))?;
        (request.user_code == hash_of(user_code)).then_some(&request.client)
    }

    /// RFC 8628 §3.5. A grant is given once; an `approver` allows by themselves what was polled before.
    pub(crate) fn poll(
        &mut self,
        device_code: &str,
        client: &str,
        approver: Option<&Person>,
        now: Timestamp,
    ) -> Result<TokenGrant, Refusal> {
        let hash = Hash::of(device_code);
        let request = self
            .device_codes
            .get_mut(&hash)
            .filter(|request| request.client == client)
            .ok_or(Refusal::invalid_grant("the device code is unknown"))?;
        if request.expires_at <= now {
            return Err(Refusal::new("expired_token", "the codes have expired"));
        }
        let first = request.pace(now)?;
        if let (Decision::Pending, false, Some(person)) = (&request.decision, first, approver) {
            request.decision = Decision::Allowed {
                subject: person.sub.into(),
                auth_time: now,
            };
        }
        let (subject, auth_time) = match &request.decision {
            Decision::Pending => {
                return Err(Refusal::new(
                    "authorization_pending",
                    "nobody has decided yet",
                ));
            }
            Decision::Denied => {
                return Err(Refusal::new("access_denied", "the person said no"));
            }
            Decision::Allowed { subject, auth_time } => (subject.clone(), *auth_time),
        };
        let grant = TokenGrant {
            client: request.client.clone(),
            subject,
            scope: request.scope.clone(),
            auth_time,
            audience: request.audience.clone(),
            redirect_uri: None,
        };
        self.device_codes.remove(&hash);
        Ok(grant)
    }

    fn by_user_code(&self, user_code: &Hash) -> Option<(&Hash, &DeviceRequest)> {
        let mut requests = self.device_codes.iter();
        requests.find(|(_, request)| request.user_code == *user_code)
    }
}

/// The hash of a typed code: only its letters count (RFC 8628 §6.1).
fn hash_of(user_code: &str) -> Hash {
    let letters = user_code.chars().filter(char::is_ascii_alphabetic);
    Hash::of(&letters.collect::<String>().to_ascii_uppercase())
}

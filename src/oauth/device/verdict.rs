//! What the answer to a poll means (RFC 8628 §3.5), in the words and statuses that a definition names.

use super::{DeviceRequest, Poll, codes};
use crate::oauth::http::Answer;
use crate::oauth::{ErrorResponse, OauthError};

impl DeviceRequest<'_> {
    fn is_pending(&self, status: u16) -> bool {
        self.provider.device.pending_statuses.contains(&status)
    }

    pub(super) fn unanswered(&self, error: OauthError) -> Poll {
        match error {
            OauthError::Unavailable { status, .. } if self.is_pending(status) => Poll::Pending,
            OauthError::Unavailable {
                status: 429,
                retry_after,
                ..
            } => Poll::SlowDown(retry_after.map(codes::bounded_interval)),
            OauthError::Network(_) | OauthError::Unavailable { .. } => {
                Poll::Trouble(error.to_string())
            }
            error => Poll::Failed(error),
        }
    }

    /// What an answer means that brings nothing to sign in with.
    pub(super) fn undecided(&self, answer: &Answer) -> Option<Poll> {
        if self.is_pending(answer.status()) {
            return Some(Poll::Pending);
        }
        if let Some(response) = self.error(answer) {
            return Some(self.told(answer, response));
        }
        // No object is a proxy's page or half an answer.
        match (answer.object(), answer.is_success()) {
            (Ok(_), true) => None,
            (Ok(_), false) => Some(Poll::Failed(answer.failure())),
            (Err(error), true) => Some(Poll::Trouble(error.to_string())),
            (Err(_), false) => Some(Poll::Trouble(answer.failure().to_string())),
        }
    }

    /// The errors of RFC 8628 §3.5, whatever the status.
    fn told(&self, answer: &Answer, response: ErrorResponse) -> Poll {
        match response.error.as_str() {
            "authorization_pending" => Poll::Pending,
            "slow_down" => {
                let members = answer.object().ok();
                Poll::SlowDown(members.and_then(|members| codes::interval(&members).ok()?))
            }
            "access_denied" => Poll::Denied(response),
            "expired_token" => Poll::Expired,
            _ => Poll::Failed(self.refused(answer, response)),
        }
    }

    /// The error in an answer, in the standard's word where the definition knows it.
    pub(super) fn error(&self, answer: &Answer) -> Option<ErrorResponse> {
        let rule = &self.provider.device;
        // Another member may well be there in a good answer.
        let looks_good = answer.is_success() && !self.provider.token.errors_under_200;
        let member = rule.error_member.as_deref().filter(|_| !looks_good);
        let mut response = member
            .and_then(|member| answer.error_response_at(member))
            .or_else(|| answer.error_response())?;
        if let Some(standard) = rule.error_aliases.get(&response.error) {
            response.error.clone_from(standard);
        }
        Some(response)
    }

    pub(super) fn refused(&self, answer: &Answer, response: ErrorResponse) -> OauthError {
        answer.refused(response, self.provider.token.errors_under_200)
    }
}

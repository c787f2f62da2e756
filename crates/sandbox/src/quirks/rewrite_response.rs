//! Turns the standard's answers into what another server would say.

use serde_json::{Map, Value};
use url::Url;

use super::Quirks;
use super::endpoints::endpoint;
use crate::client::DEVICE_CODE;
use crate::http::{Parameters, Request, Response};
use crate::page;
use crate::service::{Call, Service};
use keyfob_base::timestamp::Timestamp;

pub(crate) fn answer(service: &Service, mut request: Request, now: Timestamp) -> Response {
    let quirks = &service.quirks;
    let answer = match quirks.rewrite_request(&mut request) {
        Ok(()) => {
            let call = Call {
                service,
                request: &request,
                now,
            };
            let answer = endpoint(&call).unwrap_or_else(|| Service::route(&call));
            answer.unwrap_or_else(Response::from)
        }
        Err(refusal) if request.path == "/authorize" => page::error(&refusal),
        Err(refusal) => refusal.into(),
    };
    quirks.rewrite_response(&request, answer)
}

impl Quirks {
    fn rewrite_response(&self, request: &Request, answer: Response) -> Response {
        match request.path.as_str() {
            "/authorize" | "/consent" if self.iss_omitted => remove_iss(answer),
            "/token" => self.token_answer(request, answer),
            "/device_authorization" => {
                self.status(edit_members(answer, |members| self.device_answer(members)))
            }
            "/userinfo" if answer.status == 200 => nest(answer, self.userinfo_members.as_deref()),
            path if path.starts_with("/.well-known/") => {
                edit_members(answer, |members| self.metadata(members))
            }
            _ => answer,
        }
    }

    fn token_answer(&self, request: &Request, answer: Response) -> Response {
        if answer.status == 200 {
            let answer = edit_members(answer, |members| {
                self.granted_scopes(members);
                if let Some(own) = &self.token_type {
                    members.insert("token_type".into(), own.as_str().into());
                }
            });
            return nest(answer, self.members.as_deref());
        }
        let form = Parameters::parse(&request.body);
        if form.get("grant_type") == Some(DEVICE_CODE) {
            return self.status(self.poll_refusal(answer));
        }
        self.status(answer)
    }

    fn poll_refusal(&self, mut answer: Response) -> Response {
        if let Some(status) = self.device_pending_status
            && word(&answer).as_deref() == Some("authorization_pending")
        {
            return Response::json(status, &Value::Object(Map::new()));
        }
        let status = answer.status;
        answer = edit_members(answer, |members| {
            let Some(Value::String(said)) = members.remove("error") else {
                return;
            };
            let mut words = self.device_error_words.iter();
            let own = words.find(|(standard, _)| *standard == said);
            let said = own.map_or(said.clone(), |(_, own)| own.clone());
            let member = self.device_error_member.as_deref().unwrap_or("error");
            if member != "error" {
                // A server without `error` says the status in its place.
                members.insert("status".into(), status.into());
            }
            members.insert(member.into(), said.into());
        });
        answer
    }

    fn status(&self, mut answer: Response) -> Response {
        if self.errors_under_200 {
            answer.status = 200;
        }
        answer
    }

    fn granted_scopes(&self, members: &mut Map<String, Value>) {
        let Some(Value::String(granted)) = members.remove("scope") else {
            return;
        };
        let listed: Vec<&str> = granted
            .split(' ')
            .filter(|scope| !self.unlisted_scopes.iter().any(|hidden| hidden == scope))
            .map(|scope| {
                let mut aliases = self.granted_scope_aliases.iter();
                let alias = aliases.find(|(asked, _)| asked == scope);
                alias.map_or(scope, |(_, listed)| listed)
            })
            .collect();
        let separator = self.granted_scope_separator.as_deref().unwrap_or(" ");
        let member = self.granted_scope_member.as_deref().unwrap_or("scope");
        members.insert(member.into(), listed.join(separator).into());
    }

    fn device_answer(&self, members: &mut Map<String, Value>) {
        if let Some(own) = &self.verification_uri_member
            && let Some(page) = members.remove("verification_uri")
        {
            members.insert(own.clone(), page);
        }
        if self.verification_uri_omitted {
            members.retain(|name, _| !name.starts_with("verification_"));
        }
        if self.device_numbers_as_strings {
            for value in members.values_mut().filter(|value| value.is_number()) {
                *value = value.to_string().into();
            }
        }
    }

    fn metadata(&self, members: &mut Map<String, Value>) {
        if let Some(template) = &self.issuer_template {
            members.insert("issuer".into(), template.as_str().into());
        }
        if self.iss_unannounced {
            members.remove("authorization_response_iss_parameter_supported");
        }
    }
}

fn edit_members(mut answer: Response, work: impl FnOnce(&mut Map<String, Value>)) -> Response {
    if let Ok(Value::Object(mut members)) = serde_json::from_str(&answer.body) {
        work(&mut members);
        answer.body = Value::Object(members).to_string();
    }
    answer
}

/// Puts the whole answer at a JSON pointer (RFC 6901) of another; a segment of digits makes an array.
fn nest(mut answer: Response, pointer: Option<&str>) -> Response {
    let segments = pointer.unwrap_or_default().rsplit('/');
    for segment in segments.filter(|segment| !segment.is_empty()) {
        let name = serde_json::Value::from(segment);
        answer.body = match segment.parse::<usize>() {
            Ok(_) => format!("[{}]", answer.body),
            Err(_) => format!("{{{name}:{}}}", answer.body),
        };
    }
    answer
}

fn word(answer: &Response) -> Option<String> {
    let body: Value = serde_json::from_str(&answer.body).ok()?;
    Some(body["error"].as_str()?.to_owned())
}

fn remove_iss(mut answer: Response) -> Response {
    for (_, value) in answer
        .headers
        .iter_mut()
        .filter(|(name, _)| *name == "Location")
    {
        let Ok(mut to) = Url::parse(value) else {
            continue;
        };
        let mut form = Parameters::parse(to.query().unwrap_or_default().as_bytes());
        form.remove("iss");
        to.set_query(Some(&form.encode()));
        *value = to.to_string();
    }
    answer
}

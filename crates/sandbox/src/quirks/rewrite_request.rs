//! Turns the requests that another server would want into the standard's, refusing the standard's own.

use serde_json::Value;

use super::{Quirks, Revocation};
use crate::client::{DEVICE_CODE, TOKEN_EXCHANGE};
use crate::http::{FORM, Method, Parameters, Refusal, Request};
use url::Url;

type Pair = (String, String);

impl Quirks {
    pub(super) fn rewrite_request(&self, request: &mut Request) -> Result<(), Refusal> {
        match request.path.as_str() {
            "/authorize" => {
                let mut form = Parameters::parse(request.query.as_bytes());
                self.authorization(&mut form)?;
                request.query = form.encode();
                Ok(())
            }
            "/par" => in_body(request, |form| self.authorization(form)),
            "/device_authorization" => self.device_authorization(request),
            "/token" => {
                demand_headers(request, &self.token_headers)?;
                if self.wants_json(request) {
                    form_of_json(request)?;
                }
                in_body(request, |form| self.token(form))
            }
            "/revoke" => {
                demand_headers(request, &self.token_headers)?;
                match self.revocation {
                    Revocation::Json => form_of_json(request),
                    _ => Ok(()),
                }
            }
            "/userinfo" => self.userinfo(request),
            _ => Ok(()),
        }
    }

    fn authorization(&self, form: &mut Parameters) -> Result<(), Refusal> {
        if form.get("request_uri").is_some() {
            return Ok(()); // what counts was pushed
        }
        demand(form, &self.required_parameters)?;
        self.check_redirect_uri(form)?;
        rename(form, self.scope_parameter.as_deref(), "scope");
        rename(form, self.login_hint_parameter.as_deref(), "login_hint");
        self.separate_scopes(form);
        if !self.switch_parameters.is_empty() {
            let switches = demand(form, &self.switch_parameters).is_ok();
            form.remove("prompt");
            if switches {
                form.push("prompt", "select_account");
            }
        }
        Ok(())
    }

    /// Where it is unclear what the URI is, the endpoint says so.
    fn check_redirect_uri(&self, form: &Parameters) -> Result<(), Refusal> {
        let sent = form.get("redirect_uri").unwrap_or_default();
        let Ok(uri) = Url::parse(sent) else {
            return Ok(());
        };
        let host = self.redirect_host.as_deref();
        let ports = &self.redirect_ports;
        let port = uri.port_or_known_default().unwrap_or_default();
        if host.is_some() && uri.host_str() != host || !ports.is_empty() && !ports.contains(&port) {
            return Err(Refusal::invalid_request(
                "`redirect_uri` is not registered for this client",
            ));
        }
        Ok(())
    }

    fn device_authorization(&self, request: &mut Request) -> Result<(), Refusal> {
        let query = Parameters::parse(request.query.as_bytes());
        in_body(request, |form| {
            demand(form, &self.device_parameters)?;
            if self.device_client_id_in_query {
                form.remove("client_id");
                form.push("client_id", query.require("client_id")?);
            }
            rename(form, self.device_scope_parameter.as_deref(), "scope");
            self.separate_scopes(form);
            Ok(())
        })
    }

    fn token(&self, form: &mut Parameters) -> Result<(), Refusal> {
        match form.get("grant_type").unwrap_or_default() {
            "authorization_code" if self.exchange_demands_state => {
                form.require("state")?;
            }
            "refresh_token" => {
                if self.refresh_demands_redirect_uri {
                    form.require("redirect_uri")?;
                }
                if self.refresh_demands_scope {
                    form.require("scope")?;
                }
                self.separate_scopes(form);
            }
            DEVICE_CODE => {
                if let Some(name) = &self.device_scope_parameter {
                    form.require(name)?;
                }
            }
            _ => self.separate_scopes(form),
        }
        Ok(())
    }

    /// Whether this token request has to be JSON. What an exchange says of itself counts in any form.
    fn wants_json(&self, request: &Request) -> bool {
        let named = |body: &[u8]| {
            let encoded = TOKEN_EXCHANGE.replace(':', "%3A");
            [TOKEN_EXCHANGE, &encoded]
                .iter()
                .any(|name| body.windows(name.len()).any(|part| part == name.as_bytes()))
        };
        if (self.exchange_by_json || self.exchange_by_form) && named(&request.body) {
            return self.exchange_by_json;
        }
        self.json_bodies
    }

    /// Puts blanks for the separator, and the separator for blanks, which then stand in no scope known.
    fn separate_scopes(&self, form: &mut Parameters) {
        let Some(separator) = &self.scope_separator else {
            return;
        };
        for sent in form.remove("scope") {
            let scopes: Vec<String> = sent
                .split(separator.as_str())
                .map(|scope| scope.replace(' ', separator))
                .collect();
            form.push("scope", scopes.join(" "));
        }
    }

    fn userinfo(&self, request: &mut Request) -> Result<(), Refusal> {
        let by_post = self.userinfo_by_post || self.userinfo_body.is_some();
        if by_post && request.method != Method::Post {
            return Err(Refusal::invalid_request("this endpoint takes POST").with_status(405));
        }
        if by_post && !self.has_userinfo_body(request) {
            return Err(Refusal::invalid_request("the body is another than wanted"));
        }
        if let Some(wanted) = &self.userinfo_scheme {
            let sent = request.header("Authorization").unwrap_or_default();
            let token = sent
                .split_once(' ')
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(wanted))
                .map_or("", |(_, token)| token);
            let standard = format!("Bearer {token}");
            request.set_header("Authorization", &standard);
        }
        Ok(())
    }

    fn has_userinfo_body(&self, request: &Request) -> bool {
        let Some(wanted) = &self.userinfo_body else {
            return request.body.is_empty() && request.header("Content-Type").is_none();
        };
        let wanted: Result<Value, _> = serde_json::from_str(wanted);
        let sent: Result<Value, _> = serde_json::from_slice(&request.body);
        request.has_type("application/json")
            && matches!((wanted, sent), (Ok(wanted), Ok(sent)) if wanted == sent)
    }

    pub(crate) fn check_userinfo(&self, request: &Request, client: &str) -> Result<(), Refusal> {
        let own = |(name, value): &Pair| (name.clone(), value.replace("{client_id}", client));
        let wanted: Vec<Pair> = self.userinfo_headers.iter().map(own).collect();
        demand_headers(request, &wanted)
    }
}

/// Works on the form in a body. Where it is none, the endpoint says so.
fn in_body(
    request: &mut Request,
    work: impl FnOnce(&mut Parameters) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let Ok(mut form) = request.form() else {
        return Ok(());
    };
    work(&mut form)?;
    request.body = form.encode().into_bytes();
    Ok(())
}

fn form_of_json(request: &mut Request) -> Result<(), Refusal> {
    let object = request
        .has_type("application/json")
        .then(|| serde_json::from_slice(&request.body).ok())
        .flatten();
    let Some(Value::Object(members)) = object else {
        return Err(Refusal::invalid_request("the body must be a JSON object"));
    };
    let mut form = Parameters::parse(b"");
    for (name, value) in &members {
        match value {
            Value::String(text) => form.push(name, text.as_str()),
            other => form.push(name, other.to_string()),
        }
    }
    request.body = form.encode().into_bytes();
    request.set_header("Content-Type", FORM);
    Ok(())
}

/// Takes one parameter for another, and the other for none.
fn rename(form: &mut Parameters, theirs: Option<&str>, standard: &str) {
    let Some(theirs) = theirs else { return };
    form.remove(standard);
    for value in form.remove(theirs) {
        form.push(standard, value);
    }
}

fn demand(form: &Parameters, wanted: &[Pair]) -> Result<(), Refusal> {
    for (name, value) in wanted {
        if form.require(name)? != value {
            let what = format!("`{name}` must be `{value}`");
            return Err(Refusal::invalid_request(what));
        }
    }
    Ok(())
}

fn demand_headers(request: &Request, wanted: &[Pair]) -> Result<(), Refusal> {
    for (name, value) in wanted {
        if request.header(name) != Some(value) {
            let what = format!("the header `{name}` must be `{value}`");
            return Err(Refusal::invalid_request(what));
        }
    }
    Ok(())
}

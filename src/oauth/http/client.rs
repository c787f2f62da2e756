//! The client: it sends requests and reads their answers whole.

#[cfg(test)]
pub(in crate::oauth) mod tests;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{DATE, RETRY_AFTER};
use reqwest::{Certificate, Client, ClientBuilder, Proxy, Response, redirect};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::Url;

use super::cause;
use super::request::Body;
use super::{Answer, Request};
use crate::oauth::{OauthError, endpoint};
use keyfob_base::testing::bound;

const CONNECT_TIME: Duration = Duration::from_secs(10);
const TOTAL_TIME: Duration = Duration::from_secs(30);
/// An idle connection is kept no longer: what sleeps or changes networks meanwhile would lose the
/// next request, and a code can be sent only once.
const IDLE_TIME: Duration = Duration::from_secs(5);
const BODY_LIMIT: usize = 1024 * 1024;

/// Authorization endpoint to redirect URI is one; more than a few is a loop.
const REDIRECTS: usize = 4;

/// Is told each step, with every secret redacted.
pub(crate) type Trace = Arc<dyn Fn(&str) + Send + Sync>;

#[derive(Clone)]
pub(crate) struct HttpOptions {
    /// PEM of further certificate authorities to trust (`ca_file`).
    pub ca_pem: Option<Vec<u8>>,
    pub trace: Trace,
}

/// The HTTP client, cheap to clone.
///
/// It trusts what the system trusts (on Linux `SSL_CERT_FILE` and `SSL_CERT_DIR` replace that) and
/// the `ca_pem`, obeys `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, and never asks a proxy for a loopback host.
#[derive(Clone)]
pub(crate) struct Http(Arc<Inner>);

struct Inner {
    authorities: Vec<Certificate>,
    trace: Trace,
    connect_time: Duration,
    total_time: Duration,
    proxy: Option<Proxy>,
    // Made when first needed, for reading the system's certificates takes tens of milliseconds.
    plain: OnceLock<Client>,
    loopback: OnceLock<Client>,
    remote: OnceLock<Client>,
}

impl Http {
    /// Prepares the client; a bad `ca_pem` is [`OauthError::Invalid`].
    pub(crate) fn new(options: HttpOptions) -> Result<Self, OauthError> {
        Self::with(options, CONNECT_TIME, bound("HTTP", TOTAL_TIME), None)
    }

    fn with(
        options: HttpOptions,
        connect: Duration,
        total: Duration,
        proxy: Option<Proxy>,
    ) -> Result<Self, OauthError> {
        Ok(Self(Arc::new(Inner {
            authorities: options
                .ca_pem
                .as_deref()
                .map_or(Ok(Vec::new()), authorities)?,
            trace: options.trace,
            connect_time: connect,
            total_time: total,
            proxy,
            plain: OnceLock::new(),
            loopback: OnceLock::new(),
            remote: OnceLock::new(),
        })))
    }

    pub(in crate::oauth) fn trace(&self, step: &str) {
        (self.0.trace)(step);
    }

    /// Sends a request and reads the whole answer. 429 and 5xx are [`OauthError::Unavailable`], a
    /// redirect and a body beyond 1 MiB [`OauthError::Invalid`]; every other status is an answer.
    pub(in crate::oauth) async fn send(&self, request: Request<'_>) -> Result<Answer, OauthError> {
        let host = endpoint::host(request.url);
        let secrets = request.secrets.clone();
        let mut response = self.head(request).await?;
        judge_status(&response, &host)?;
        let body = self.read(&mut response, &host).await?;
        Ok(Answer {
            host,
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
            secrets,
        })
    }

    /// The server's clock, where it tells (RFC 9110 §6.6.1), whatever the status is.
    pub(in crate::oauth) async fn date(
        &self,
        request: Request<'_>,
    ) -> Result<Option<SystemTime>, OauthError> {
        let response = self.head(request).await?;
        let date = response.headers().get(DATE);
        let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        Ok(date)
    }

    /// A visit in place of a browser, for the one server that approves by itself: the sandbox on loopback. What
    /// comes back is not looked at, a failure of the server apart.
    pub(crate) async fn visit(&self, url: &Url) -> Result<(), OauthError> {
        let host = endpoint::host(url);
        if url.scheme() != "http" || !endpoint::is_loopback(url) {
            return Err(OauthError::Invalid(format!("{host} is not on loopback")));
        }
        let stay = redirect::Policy::custom(|hop| {
            if hop.previous().len() > REDIRECTS || !endpoint::is_loopback(hop.url()) {
                hop.stop()
            } else {
                hop.follow()
            }
        });
        let client = self.0.plain().redirect(stay).build();
        let client = client.map_err(|error| self.network_error(&error, &host))?;
        let answer = client.get(url.clone()).send().await;
        let status = answer
            .map_err(|error| self.network_error(&error, &host))?
            .status();
        if status.is_success() {
            return Ok(());
        }
        Err(OauthError::Invalid(format!("{host} answered {status}")))
    }

    async fn head(&self, request: Request<'_>) -> Result<Response, OauthError> {
        let url = request.url;
        let host = endpoint::host(url);
        endpoint::check_url(url)
            .map_err(|wrong| OauthError::Invalid(format!("{} {wrong}", endpoint::origin(url))))?;
        (self.0.trace)(&request.line());
        let begin = Instant::now();
        let response = self
            .call(request, &host)
            .await
            .inspect_err(|error| (self.0.trace)(&error.to_string()))?;
        let status = response.status().as_u16();
        (self.0.trace)(&format!("{status} in {} ms", begin.elapsed().as_millis()));
        Ok(response)
    }

    async fn call(&self, request: Request<'_>, host: &str) -> Result<Response, OauthError> {
        let client = self
            .0
            .client(request.url)
            .map_err(|error| self.network_error(&error, host))?;
        let builder = client
            .request(request.method, request.url.clone())
            .headers(request.headers);
        let builder = match request.body {
            Body::Empty => builder,
            Body::Form(fields) => builder.form(&fields),
            Body::Json(value) => builder.json(&value),
        };
        builder
            .send()
            .await
            .map_err(|error| self.network_error(&error, host))
    }

    async fn read(&self, response: &mut Response, host: &str) -> Result<Vec<u8>, OauthError> {
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.network_error(&error, host))?
        {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(OauthError::Invalid(format!(
                    "{host} answered with more than 1 MiB"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn network_error(&self, error: &reqwest::Error, host: &str) -> OauthError {
        OauthError::Network(cause::describe(
            error,
            host,
            self.0.connect_time,
            self.0.total_time,
        ))
    }
}

impl Inner {
    fn client(&self, url: &Url) -> reqwest::Result<&Client> {
        let (cell, build): (_, fn(&Self) -> ClientBuilder) = match url.scheme() {
            "http" => (&self.plain, Self::plain),
            _ if endpoint::is_loopback(url) => (&self.loopback, Self::loopback),
            _ => (&self.remote, Self::remote),
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = build(self).build()?;
        Ok(cell.get_or_init(|| client))
    }

    /// For http, which only goes to loopback: without certificates.
    fn plain(&self) -> ClientBuilder {
        self.bounded().no_proxy().tls_certs_only([])
    }

    fn loopback(&self) -> ClientBuilder {
        self.bounded()
            .no_proxy()
            .tls_certs_merge(self.authorities.clone())
    }

    fn remote(&self) -> ClientBuilder {
        self.bounded().tls_certs_merge(self.authorities.clone())
    }

    fn bounded(&self) -> ClientBuilder {
        // An error says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("keyfob/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(self.connect_time)
            .timeout(self.total_time)
            .pool_idle_timeout(IDLE_TIME);
        match self.proxy.clone() {
            Some(proxy) => builder.proxy(proxy),
            None => builder,
        }
    }
}

/// How many certificates a PEM bundle holds, good or not, as the system's reader of such bundles sees it.
pub(crate) fn count_certificates(pem: &[u8]) -> usize {
    const MOST: usize = 10_000; // a broken section must not be met for ever
    let sections = CertificateDer::pem_slice_iter(pem).take(MOST);
    sections.flatten().count()
}

/// Reads a PEM bundle, and refuses one that would fail later, when the client is built.
fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, OauthError> {
    let invalid =
        |what: &str| OauthError::Invalid(format!("the file of certificate authorities {what}"));
    let mut trusted = RootCertStore::empty();
    let mut authorities = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| invalid("is not PEM"))?;
        authorities.push(
            Certificate::from_der(&certificate)
                .map_err(|_| invalid("holds a broken certificate"))?,
        );
        trusted
            .add(certificate)
            .map_err(|_| invalid("holds a broken certificate"))?;
    }
    match authorities.as_slice() {
        [] => Err(invalid("holds no certificate")),
        _ => Ok(authorities),
    }
}

fn judge_status(response: &Response, host: &str) -> Result<(), OauthError> {
    match response.status().as_u16() {
        status @ 300..=399 => Err(OauthError::Invalid(format!(
            "{host} answered with a redirect ({status})"
        ))),
        status @ (429 | 500..=599) => Err(OauthError::Unavailable {
            host: host.to_owned(),
            status,
            retry_after: retry_after(response),
        }),
        _ => Ok(()),
    }
}

/// `Retry-After` in seconds, given as such or as a date (RFC 9110 §10.2.3).
fn retry_after(response: &Response) -> Option<u64> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    value.parse().ok().or_else(|| {
        let then = httpdate::parse_http_date(value).ok()?;
        Some(
            then.duration_since(SystemTime::now())
                .unwrap_or_default()
                .as_secs(),
        )
    })
}

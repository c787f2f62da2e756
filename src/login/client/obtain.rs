//! The client of one login, as each kind of flow has to present it.

use url::Url;

use super::config::{self, ClientConfig};
use super::register;
use super::secret::{self, FoundSecret};
use crate::account::Account;
use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::login::{Flow, Plan, Wish};
use crate::oauth::{Client, ErrorResponse, OauthError};
use crate::provider::{ClientAuth, Provider};
use crate::vault::KeptClient;
use keyfob_base::secret::Secret;

/// What is wrong with one kind of flow is no failure while another is left.
#[derive(Debug)]
pub(crate) struct LoginClients {
    /// For flows that end with an authorization code, in a browser or pasted; or why there can be none.
    pub code: Result<Client>,
    /// For the device flow, which may authenticate otherwise (`device.client_auth`); or why there can be
    /// none. Whether the provider has a device flow at all is not its concern.
    pub device: Result<Client>,
    /// Why the request cannot be pushed, for its endpoint may not have the secret (RFC 9126).
    pub unpushed: Option<Error>,
    keep: Option<Secret>,
}

/// The client for a person's login: a known one, else registration on the user's word.
/// Fails where no flow that `plan` allows could go on: no client id, or no secret where each needs one.
/// A secret is asked for only where nothing goes without it, so a provider whose device flow needs none
/// asks for none under `--flow auto`, and `code` then says how to give it.
pub(crate) async fn obtain(context: &Context, plan: &Plan) -> Result<LoginClients> {
    let known = match config::find(context, &plan.wish, plan.keeping.expected.as_ref())? {
        Some(known) => known,
        None => register::register(context, plan, None).await?,
    };
    let needs = Needs::of(&plan.wish.provider, &known);
    if !(needs.code || needs.device) {
        let none = Err(no_secret_error(&plan.wish));
        return Ok(LoginClients::new(&plan.wish, &known, &none));
    }
    let found = secret::find(context, &plan.wish, &known).await;
    let needed = match &found {
        Ok(FoundSecret::Secret(secret)) => {
            return Ok(LoginClients::new(&plan.wish, &known, &Ok(secret.clone())));
        }
        Ok(FoundSecret::Kept(secret)) => return Ok(LoginClients::kept(&plan.wish, &known, secret)),
        Ok(FoundSecret::Expired(kept)) => secret::expiry_error(&plan.wish, kept),
        Ok(FoundSecret::Nothing) => no_secret_error(&plan.wish),
        Err(error) => error.clone(),
    };
    if !needs.all(&plan.wish) {
        return Ok(LoginClients::new(&plan.wish, &known, &Err(needed)));
    }
    let registers = plan.wish.provider.registration_endpoint.is_some();
    match found? {
        FoundSecret::Expired(kept) if known.replaceable && registers => {
            register_again(context, plan, &kept).await
        }
        _ => ask(context, plan, &known, needed).await,
    }
}

/// The client that signs in for itself (RFC 6749 §4.4), which only one with a secret can.
pub(crate) async fn for_itself(context: &Context, plan: &Plan) -> Result<Client> {
    let Some(known) = config::find(context, &plan.wish, plan.keeping.expected.as_ref())? else {
        return Err(register::by_hand_error(
            &plan.wish,
            "no client id is known for",
        ));
    };
    if !known.auth.needs_secret() {
        return Err(no_machine_error(&plan.wish.provider));
    }
    let found = secret::find(context, &plan.wish, &known).await?;
    let secret = match found.require(&plan.wish) {
        Ok(secret) => secret,
        Err(needed) => secret::ask(context, &plan.wish, &known, needed).await?,
    };
    build_client(&known, known.auth, &Ok(secret))
}

/// The client that exchanges an identity token: a known one, or none where the rule leaves it out. Nobody is
/// asked, and nothing is registered.
pub(crate) async fn for_exchange(
    context: &Context,
    wish: &Wish,
    expected: Option<&Account>,
) -> Result<Client> {
    if wish.provider.exchange.without_client {
        return Ok(Client::default());
    }
    let Some(known) = config::find(context, wish, expected)?.filter(|known| !known.id.is_empty())
    else {
        return Err(register::by_hand_error(wish, "no client id is known for"));
    };
    let secret = if known.auth.needs_secret() {
        secret::find(context, wish, &known).await?.require(wish)
    } else {
        Err(no_secret_error(wish))
    };
    build_client(&known, known.auth, &secret)
}

impl LoginClients {
    fn new(wish: &Wish, known: &ClientConfig, secret: &Result<Secret>) -> Self {
        Self {
            code: build_client(known, known.auth, secret),
            device: build_client(known, device_auth(&wish.provider, known), secret),
            unpushed: None,
            keep: None,
        }
    }

    /// The same with a secret that was kept, which goes to the origin of the token endpoint alone.
    fn kept(wish: &Wish, known: &ClientConfig, secret: &Secret) -> Self {
        let provider = &wish.provider;
        let strays = |auth: ClientAuth, key, endpoint: &Option<Url>| {
            let endpoint = endpoint.as_ref().filter(|_| auth.needs_secret())?;
            let same = config::pin(provider) == Some(provider.pin(endpoint));
            (!same).then(|| secret::other_origin_error(wish, key, endpoint))
        };
        let ours = Self::new(wish, known, &Ok(secret.clone()));
        let device = strays(
            device_auth(provider, known),
            "device_authorization_endpoint",
            &provider.device_authorization_endpoint,
        );
        Self {
            device: device.map_or(ours.device, Err),
            unpushed: strays(
                known.auth,
                "pushed_authorization_request_endpoint",
                &provider.pushed_authorization_request_endpoint,
            ),
            ..ours
        }
    }

    /// To be called once the provider has taken the client: what was typed and is to be kept is kept from
    /// now on. Nothing is kept before, for a mistyped secret would be sent again and again. A failure is a
    /// warning.
    pub(crate) async fn remember_secret(&self, context: &Context, plan: &Plan) {
        if let (Some(secret), Ok(client)) =
            (&self.keep, self.code.as_ref().or(self.device.as_ref()))
        {
            secret::keep(context, plan, client, secret).await;
        }
    }
}

struct Needs {
    code: bool,
    device: bool,
}

impl Needs {
    fn of(provider: &Provider, known: &ClientConfig) -> Self {
        Self {
            code: known.auth.needs_secret(),
            device: device_auth(provider, known).needs_secret(),
        }
    }

    /// Whether no flow that is allowed goes on without one.
    fn all(&self, wish: &Wish) -> bool {
        let by_device = wish.provider.device_authorization_endpoint.is_some();
        match wish.flow {
            Flow::Device => self.device,
            Flow::Auto => self.code && (self.device || !by_device),
            Flow::Browser | Flow::Paste | Flow::ClientCredentials | Flow::TokenExchange => {
                self.code
            }
        }
    }
}

fn device_auth(provider: &Provider, known: &ClientConfig) -> ClientAuth {
    provider.device.client_auth.unwrap_or(known.auth)
}

/// A public client carries a secret that is known all the same: some servers revoke only with it.
fn build_client(known: &ClientConfig, auth: ClientAuth, secret: &Result<Secret>) -> Result<Client> {
    let secret = match secret {
        Err(missing) if auth.needs_secret() => return Err(missing.clone()),
        secret => secret.as_ref().ok().cloned(),
    };
    Ok(Client {
        id: known.id.clone(),
        auth,
        secret,
    })
}

async fn ask(
    context: &Context,
    plan: &Plan,
    known: &ClientConfig,
    needed: Error,
) -> Result<LoginClients> {
    let secret = secret::ask(context, &plan.wish, known, needed).await?;
    let keep = !plan.keeping.ephemeral && secret::offer_to_keep(context, plan).await?;
    Ok(LoginClients {
        keep: keep.then(|| secret.clone()),
        ..LoginClients::new(&plan.wish, known, &Ok(secret))
    })
}

async fn register_again(
    context: &Context,
    plan: &Plan,
    ended: &KeptClient,
) -> Result<LoginClients> {
    let known = register::register(context, plan, Some(ended)).await?;
    let found = secret::find(context, &plan.wish, &known).await?;
    let secret = found.require(&plan.wish);
    let secret = secret.map_err(|_| no_secret_error(&plan.wish));
    let ours = LoginClients::new(&plan.wish, &known, &secret);
    if Needs::of(&plan.wish.provider, &known).all(&plan.wish) {
        secret?;
    }
    Ok(ours)
}

pub(super) fn no_secret_error(wish: &Wish) -> Error {
    let provider = &wish.provider;
    let title = &provider.title;
    let what = match wish.flow {
        Flow::ClientCredentials => {
            format!("the client at {title} signs in by its secret, and none is known")
        }
        Flow::TokenExchange => {
            format!("the client at {title} exchanges tokens with its secret, and none is known")
        }
        _ => format!("{title} exchanges no code without a client secret"),
    };
    let keep = if wish.retry.by_url {
        String::new()
    } else {
        format!(
            ", or keep it with `keyfob provider set {0} --client-secret`; `keyfob provider show {0}` says where it comes from",
            provider.name
        )
    };
    Error::new(Code::RegistrationRequired, what)
        .hint(format!("set {}{keep}", provider.variable("CLIENT_SECRET")))
}

/// A public client cannot sign in for itself (RFC 6749 §4.4).
fn no_machine_error(provider: &Provider) -> Error {
    let what = format!(
        "the client at {} has no secret, and only one that has can sign in for itself",
        provider.title
    );
    Error::new(Code::RegistrationRequired, what)
    .hint(if provider.embedded {
        "practise with a provider of your own: `keyfob sandbox serve` registers confidential clients at /register".into()
    } else {
        format!(
            "register a confidential client there, then `keyfob provider set {} client_id=ID client_auth=client_secret_basic`\nand set {} to its secret",
            provider.name,
            provider.variable("CLIENT_SECRET")
        )
    })
}

/// A request of a login that failed; `what` was refused where the provider said no.
pub(crate) fn request_error(wish: &Wish, client: &Client, what: &str, error: &OauthError) -> Error {
    let failure = context::failed(error, Code::TokenExchangeFailed, "nothing was stored");
    let OauthError::Refused(response) = error else {
        return failure;
    };
    Error {
        message: format!("{} refused {what}: {response}", wish.provider.title),
        hint: Some(format!(
            "nothing was stored; {}",
            next_step(wish, client, response)
        )),
        ..failure
    }
}

/// Where it is the client that is refused (`invalid_client`, RFC 6749 §5.2), trying again is no help.
fn next_step(wish: &Wish, client: &Client, response: &ErrorResponse) -> String {
    match (response.error.as_str(), &client.secret) {
        ("invalid_client", Some(_)) => format!(
            "where the client secret has changed, set {} to the new one",
            wish.provider.variable("CLIENT_SECRET")
        ),
        ("invalid_client" | "unauthorized_client", _) => format!(
            "check the client id and how the client is registered there{}",
            wish.definition_hint()
        ),
        ("invalid_target", _) => {
            "name what the token is for as the provider knows it, with `--resource` or `--audience`"
                .into()
        }
        ("insufficient_scope", _) => "ask for the scope that it names too, with `--scope`".into(),
        ("invalid_scope", _) => format!(
            "ask for other scopes with `--scope`{}",
            wish.definition_hint()
        ),
        _ => format!("run `{}` to see the requests", wish.command_with(" -v")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account;
    use crate::login::fixture::{self, context};
    use crate::paths::Paths;
    use crate::provider::DeviceRule;
    use crate::store::Kind;
    use crate::vault::{ClientSecrets, KeptClient};

    /// A login at a server whose clients authenticate so, in the device flow otherwise where that is given.
    fn plan(flow: Flow, auth: ClientAuth, device: Option<ClientAuth>) -> Plan {
        let url = |path: &str| Some(format!("https://id.example.com/{path}").parse().unwrap());
        let provider = Provider {
            name: "unit-test".into(),
            title: "Acme".into(),
            client_id: Some("fob".into()),
            client_auth: auth,
            token_endpoint: url("token"),
            device_authorization_endpoint: device.and_then(|_| url("device")),
            device: DeviceRule {
                client_auth: device,
                ..DeviceRule::default()
            },
            ..Provider::default()
        };
        Plan {
            wish: Wish {
                flow,
                ..fixture::wish(provider)
            },
            ..fixture::plan(Provider::default())
        }
    }

    fn keep(context: &Context, auth: ClientAuth, pin: &str) {
        let client = KeptClient {
            id: account::random_id(),
            client_id: "fob".into(),
            auth,
            pin: pin.into(),
            store: Kind::File,
            secret_expires_at: None,
            copy_in: None,
            configuration_endpoint: None,
        };
        let secrets = ClientSecrets {
            client_secret: Some(Secret::new("kept")),
            ..ClientSecrets::default()
        };
        let vault = &context.vault;
        vault.keep_client("unit-test", &client, &secrets).unwrap();
    }

    const POST: ClientAuth = ClientAuth::ClientSecretPost;
    const NONE: ClientAuth = ClientAuth::None;
    const HERE: &str = "https://id.example.com";

    #[tokio::test]
    async fn without_a_secret_the_flows_that_need_none_go_on() {
        let (_home, context) = context();
        for (flow, auth, device, code, by_device) in [
            (Flow::Auto, NONE, None, true, true),
            (Flow::Auto, ClientAuth::BasicWithoutSecret, None, true, true),
            (Flow::Auto, POST, Some(NONE), false, true),
            (Flow::Device, POST, Some(NONE), false, true),
            (Flow::Auto, NONE, Some(POST), true, false),
            (Flow::Browser, NONE, Some(POST), true, false),
        ] {
            let ours = obtain(&context, &plan(flow, auth, device)).await.unwrap();
            let possible = (ours.code.is_ok(), ours.device.is_ok());
            assert_eq!(possible, (code, by_device), "{flow:?} {auth:?} {device:?}");
            for missing in [ours.code.err(), ours.device.err()].into_iter().flatten() {
                let hint = missing.hint.unwrap();
                assert!(hint.contains("KEYFOB_UNIT_TEST_CLIENT_SECRET"), "{hint}");
                assert!(hint.contains("--client-secret`"), "{hint}");
            }
        }
        for (flow, auth, device) in [
            (Flow::Auto, POST, None),
            (Flow::Auto, POST, Some(POST)),
            (Flow::Browser, POST, Some(NONE)),
            (Flow::Paste, POST, Some(NONE)),
            (Flow::Device, NONE, Some(POST)),
        ] {
            let error = obtain(&context, &plan(flow, auth, device)).await;
            let error = error.expect_err("no flow is left");
            assert_eq!(error.code, Code::RegistrationRequired, "{flow:?}");
        }
    }

    #[tokio::test]
    async fn with_a_secret_each_flow_authenticates_its_own_way() {
        let (_home, context) = context();
        keep(&context, POST, HERE);
        let ours = obtain(&context, &plan(Flow::Auto, POST, Some(NONE))).await;
        let ours = ours.unwrap();
        let (code, device) = (ours.code.unwrap(), ours.device.unwrap());
        assert_eq!((code.auth, device.auth), (POST, NONE));
        assert_eq!(code.secret, Some(Secret::new("kept")));
        assert_eq!(device.id, "fob");

        let defined = plan(Flow::Auto, NONE, None);
        let code = obtain(&context, &defined).await.unwrap().code.unwrap();
        assert_eq!(code.auth, POST, "as the server has registered it");
    }

    #[tokio::test]
    async fn a_store_that_fails_ends_only_what_needs_a_secret() {
        let (home, context) = context();
        keep(&context, POST, HERE);
        let folder = Paths::under(home.path()).secrets();
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "no folder").unwrap();
        let ours = obtain(&context, &plan(Flow::Auto, POST, Some(NONE))).await;
        let error = ours.unwrap().code.unwrap_err();
        assert_eq!(error.code, Code::StoreUnavailable);
        let error = obtain(&context, &plan(Flow::Auto, POST, None)).await;
        assert_eq!(error.unwrap_err().code, Code::StoreUnavailable);
    }

    #[tokio::test]
    async fn only_a_client_with_a_secret_signs_in_for_itself() {
        let (_home, context) = context();
        let flow = Flow::ClientCredentials;
        let mut nobody = plan(flow, POST, None);
        nobody.wish.provider.client_id = None;
        for (plan, words) in [
            (nobody, "client_id=ID --client-secret"),
            (plan(flow, NONE, None), "client_auth=client_secret_basic"),
            (
                plan(flow, ClientAuth::BasicWithoutSecret, None),
                "KEYFOB_UNIT_TEST_CLIENT_SECRET",
            ),
            (
                plan(flow, POST, Some(NONE)),
                "KEYFOB_UNIT_TEST_CLIENT_SECRET",
            ),
        ] {
            let error = for_itself(&context, &plan).await.unwrap_err();
            assert_eq!(error.code, Code::RegistrationRequired);
            assert!(error.hint.as_ref().unwrap().contains(words), "{error:?}");
        }
        keep(&context, POST, "https://elsewhere.example.com");
        assert!(for_itself(&context, &plan(flow, POST, None)).await.is_err());
        keep(&context, POST, HERE);
        let client = for_itself(&context, &plan(flow, POST, None)).await.unwrap();
        assert_eq!(
            (client.auth, client.secret),
            (POST, Some(Secret::new("kept")))
        );
    }

    #[tokio::test]
    async fn nothing_secret_is_shown() {
        let (_home, context) = context();
        keep(&context, POST, HERE);
        let ours = obtain(&context, &plan(Flow::Auto, POST, None))
            .await
            .unwrap();
        assert!(!format!("{ours:?}").contains("kept\""), "{ours:?}");
    }
}

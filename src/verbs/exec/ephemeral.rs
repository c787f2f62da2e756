//! `exec --ephemeral`: a sign-in for one command. keyfob stays as its parent, and whatever ends the sign-in or
//! the command, what was got is given back: the refresh token, the access token, a registration.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::spawn_error::startable;
use super::{Exec, Holding, child, environment, mask};
use crate::audit::Action;
use crate::choose::Target;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::login::{Gains, Granted, Keeping, MemoryVault, Plan, Retry, Wish, check_resources};
use crate::oauth::registration::{self, Registered};
use crate::session::revoke::{RevocationOutcome, Revoking, in_time, lasting};
use crate::store::Kind;
use crate::verbs::app::App;
use crate::verbs::login::{self, Login, Means};
use crate::verbs::logout::lives_on;
use crate::verbs::provider::report_deletion;
use crate::verbs::tokens::{self, Owner};
use crate::verbs::{embedded, network};
use crate::words::VariableName;
use keyfob_base::escape::escape_short;
use keyfob_base::testing::bound;

/// How long giving back may take in all: the command has ended, and its caller waits.
const BOUND: Duration = Duration::from_secs(5);

/// The longest name of a person or client that is shown whole, in characters.
const NAME_LIMIT: usize = 80;

/// Signs in, runs the command, gives back, and ends with the command's exit code; returns only where the
/// command did not run.
pub(crate) fn run(app: &App, args: &Exec, wanted: Option<&VariableName>) -> Result<()> {
    let code = run_to_its_end(app, args, wanted)?;
    std::process::exit(code)
}

fn run_to_its_end(app: &App, args: &Exec, wanted: Option<&VariableName>) -> Result<i32> {
    let login = login_args(args, parse_provider(&args.accounts)?.to_owned());
    let name = login.target.as_str();
    let definition = login::find_provider(app, name)?;
    let (named, usual) = (&login.resource, &definition.resource);
    check_resources(&definition, login.flow, named, usual)?;
    startable(&args.command[0])?;
    let means = Means::find(app, &login, &definition, None);
    let (registry, _sandbox) = embedded::start(app, [name], means.approves())?;
    let memory = Arc::new(MemoryVault::default());
    network::to_its_end(app, registry, async |context| {
        let command = login::command_again(&["keyfob", "exec", name, "--ephemeral"], &login);
        let wish = login::wish(&login, command, context.registry.get(name)?, means);
        let plan = Plan {
            wish: Wish {
                retry: Retry {
                    child: " -- CMD", // its words may hold secrets
                    accepts_origins: false,
                    ..wish.retry
                },
                ..wish
            },
            keeping: Keeping {
                memory: Some(Arc::clone(&memory)),
                ..Keeping::from(Kind::Keyring) // never opened
            },
        };
        let ended = Box::pin(sign_in_and_run(app, args, wanted, &context, plan, &memory)).await;
        let gains = std::mem::take(&mut *memory.gains());
        give_back(app, &context, &definition.title, gains).await;
        ended
    })
}

fn parse_provider(typed: &[String]) -> Result<&str> {
    let usage = |what: String, hint: &str| Err(Error::usage(what).hint(hint));
    let [typed] = typed else {
        return usage(
            "`--ephemeral` signs in at one provider".into(),
            "name it: `keyfob exec PROVIDER --ephemeral -- CMD`",
        );
    };
    if typed.contains("://") {
        return usage(
            "`--ephemeral` takes a provider by its name".into(),
            "give the URL one with `keyfob provider add NAME --issuer URL`",
        );
    }
    match Target::parse(typed)? {
        Target {
            provider,
            name: None,
        } => Ok(provider),
        Target { provider, .. } => usage(
            format!("`--ephemeral` signs in anew, and `{typed}` is an account"),
            &format!("name the provider alone: `keyfob exec {provider} --ephemeral -- CMD`"),
        ),
    }
}

fn login_args(args: &Exec, target: String) -> Login {
    Login {
        target,
        scope: args.without_account.scope.clone(),
        presets: args.presets.clone(),
        resource: args.without_account.resource.clone(),
        audience: args.without_account.audience.clone(),
        flow: args.flow,
        browser: args.browser.clone(),
        no_browser: args.no_browser,
        client_id: args.client_id.clone(),
        register: args.register,
        timeout: args.timeout,
        ..Login::default()
    }
}

async fn sign_in_and_run(
    app: &App,
    args: &Exec,
    wanted: Option<&VariableName>,
    context: &Arc<Context>,
    plan: Plan,
    memory: &MemoryVault,
) -> Result<i32> {
    let interrupts = &context.interrupts;
    let provider = plan.wish.provider.name.clone();
    let owner = Owner {
        whose: provider.clone(),
        provider: provider.clone(),
    };
    let places = environment::places(app, wanted, &[owner])?;
    let done = tokio::select! {
        done = crate::login::login(context, plan) => {
            let done = interrupts.check().and(done);
            done.inspect_err(|error| login::note_failed(app, &provider, error))?
        }
        interrupted = interrupts.obeyed() => return Err(interrupted),
    };
    login::say_scopes(app, &done);
    if let Some(granted) = &memory.gains().granted {
        say_signed_in(app, granted, done.account.username.as_deref());
    }
    let token = tokens::value(&done.secrets.tokens.access_token, &provider)?;
    let holding = |place| Holding {
        whose: provider.clone(),
        place,
        token: token.clone(),
    };
    let holdings: Vec<Holding> = places.into_iter().map(holding).collect();
    let command = environment::command(args, &holdings);
    mask(&holdings);
    child::run(command, interrupts, || {
        app.audit.note(Action::HandOut, &provider, None);
    })
    .await
}

/// Who signed in, and what outlives the command, until when.
fn say_signed_in(app: &App, granted: &Granted, who: Option<&str>) {
    let (provider, tokens) = (&granted.provider, &granted.tokens);
    let who = who.map_or_else(String::new, |who| {
        format!(" as {}", escape_short(who, NAME_LIMIT))
    });
    let title = &provider.title;
    app.term.say(&format!(
        "signed in to {title}{who}, for this command alone"
    ));
    let page = provider.revocation.page.as_ref();
    let revocations = lasting(provider, tokens);
    if let Some(left) = lives_on(&provider.name, tokens.expires_at, &revocations, page) {
        app.term.say(&left);
    }
}

/// Gives back what a sign-in got, within [`BOUND`]. What could not be given back is a warning.
async fn give_back(app: &App, context: &Context, title: &str, gains: Gains) {
    let until = Instant::now() + bound("GIVE_BACK", BOUND);
    if let Some(granted) = gains.granted {
        revoke(app, context, &granted, until).await;
    }
    if let Some(registered) = gains.registered {
        unregister(app, context, title, &registered, until).await;
    }
}

async fn revoke(app: &App, context: &Context, granted: &Granted, until: Instant) {
    let (provider, tokens) = (&granted.provider, &granted.tokens);
    let revoking = Revoking {
        endpoint: provider.revocation_endpoint.as_ref(),
        provider,
        client: &granted.client,
        until: Some(until),
    };
    let mut revocations = revoking.all(&context.http, tokens).await;
    revocations.retain(|one| !matches!(one.outcome, RevocationOutcome::Unsupported(_))); // said before
    let page = provider.revocation.page.as_ref();
    let left = lives_on(&provider.name, tokens.expires_at, &revocations, page);
    if let Some(left) = &left {
        app.term.warn(&format!("{left}{}", by_hand(page)));
    } else if !revocations.is_empty() {
        app.term.say(&format!(
            "revoked what the command had of {}",
            provider.title
        ));
    }
    if !revocations.is_empty() {
        let failure = left.map(|left| Error::new(Code::RevocationFailed, left));
        app.audit
            .note(Action::Revoke, &provider.name, failure.as_ref());
    }
}

fn by_hand(page: Option<&Url>) -> &'static str {
    match page {
        Some(_) => "",
        None => "; in your settings there, remove keyfob from the applications you signed in to",
    }
}

async fn unregister(
    app: &App,
    context: &Context,
    title: &str,
    registered: &Registered,
    until: Instant,
) {
    let id = escape_short(&registered.client_id, NAME_LIMIT);
    let endpoint = registered.configuration_endpoint.as_ref();
    let token = registered.registration_access_token.as_ref();
    let Some((endpoint, token)) = endpoint.zip(token) else {
        app.term.warn(&format!(
            "client `{id}` stays registered at {title}, which gave no way to delete it"
        ));
        return;
    };
    let deleted = registration::delete(&context.http, endpoint, token);
    let deleted = in_time(Some(until), deleted).await;
    report_deletion(app, &id, title, deleted.map_err(|error| error.to_string()));
}

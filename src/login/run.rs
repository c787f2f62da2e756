//! One login from its beginning: what can be known before anything is sent, then the way of its kind.

use std::sync::Arc;

use super::flow::Flow;
use super::plan::{Plan, SignedIn, settle_scopes};
use super::{client, machine, metadata, origins, person};
use crate::context::{Context, off_thread};
use crate::error::Result;
use crate::store::Kind;
use crate::vault::names_lock;

/// Signs in. Until the last step nothing is stored; every failure leaves all accounts as they were.
pub(crate) async fn login(context: &Arc<Context>, mut plan: Plan) -> Result<SignedIn> {
    // A preset that is not there is said before anything is sent.
    settle_scopes(&plan.wish, plan.keeping.expected.as_ref())?;
    let exchanges = plan.wish.flow == Flow::TokenExchange;
    if exchanges {
        machine::check_exchange(&plan)?;
    }
    if plan.keeping.memory.is_none() {
        prove(context, &plan.wish.provider.name, plan.keeping.store).await?;
    }
    let with_client = (exchanges && plan.wish.provider.exchange.without_client)
        || client::known_id(context, &plan.wish, plan.keeping.expected.as_ref()).is_some();
    plan.wish.provider = metadata::complete(context, plan.wish.provider, with_client).await?;
    let (needed, keeps) = (origins::needed(&plan), plan.keeping.memory.is_none());
    origins::settle(context, &mut plan.wish, &needed, keeps).await?;
    origins::confirm_same_servers(context, &mut plan).await?;
    plan.wish.settle(plan.keeping.expected.as_ref())?;
    match plan.wish.flow {
        Flow::ClientCredentials => machine::sign_in_client(context, plan).await,
        Flow::TokenExchange => machine::sign_in_job(context, plan).await,
        Flow::Auto | Flow::Browser | Flow::Device | Flow::Paste => {
            Box::pin(person::sign_in(context, plan)).await
        }
    }
}

/// Proves that locks, store and index take what a sign-in brings, before anybody is asked for it.
pub(super) async fn prove(context: &Context, provider: &str, store: Kind) -> Result<()> {
    let (vault, provider) = (Arc::clone(&context.vault), provider.to_owned());
    off_thread(move || {
        vault.prove_locks(&names_lock(&provider))?;
        vault.probe(store)?;
        vault.prove_index(&provider)
    })
    .await
}

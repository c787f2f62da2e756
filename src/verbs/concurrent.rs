//! The same work on many accounts at once, bounded: all providers together, and each of them.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::account::Account;
use crate::context::Context;
use crate::error::Result;

const AT_ONCE: usize = 16;

const AT_ONE_HOST: usize = 4;

/// Does `work` on every account, with a progress line, and gives the results in the accounts' order.
pub(crate) async fn for_each<T, W, F>(
    context: &Arc<Context>,
    accounts: Vec<Account>,
    doing: &str,
    work: W,
) -> Vec<(Account, Result<T>)>
where
    T: Send + 'static,
    W: Fn(Arc<Context>, Account) -> F + Clone + Send + 'static,
    F: Future<Output = Result<T>> + Send,
{
    let all = accounts.len();
    let progress = (all > 1).then(|| context.term.progress(&format!("{doing} {all} accounts")));
    let everybody = Arc::new(Semaphore::new(AT_ONCE));
    let mut hosts: HashMap<String, Arc<Semaphore>> = HashMap::new();
    let mut tasks = JoinSet::new();
    for (place, account) in accounts.into_iter().enumerate() {
        let token = account.endpoints.token.url().ok();
        let host = token.and_then(|url| url.host_str().map(str::to_owned));
        let host = hosts
            .entry(host.unwrap_or_default())
            .or_insert_with(|| Arc::new(Semaphore::new(AT_ONE_HOST)));
        let (host, everybody) = (Arc::clone(host), Arc::clone(&everybody));
        let (context, work) = (Arc::clone(context), work.clone());
        tasks.spawn(async move {
            let _host = host.acquire().await;
            let _everybody = everybody.acquire().await;
            let result = work(context, account.clone()).await;
            (place, account, result)
        });
    }
    let mut done = Vec::with_capacity(all);
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(result) => done.push(result),
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        }
        if let Some(progress) = &progress {
            progress.update(&format!("{doing} {all} accounts: {} done", done.len()));
        }
    }
    done.sort_by_key(|(place, ..)| *place);
    done.into_iter()
        .map(|(_, account, result)| (account, result))
        .collect()
}

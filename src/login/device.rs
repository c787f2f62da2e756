//! The device flow's part of a login: when its code is asked for, and the polls (RFC 8628).

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::{Plan, Wish, client};
use crate::context::Context;
use crate::error::Error;
use crate::oauth::device::{DeviceAuthorization, DeviceRequest, Pace, Poll};
use crate::oauth::{Client, ErrorResponse, OauthError};
use crate::token_set::TokenSet;
use keyfob_base::timestamp::Timestamp;

/// How long a browser that was launched here has the stage for itself.
const HEAD_START: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) enum DeviceEvent {
    Code(DeviceAuthorization),
    Granted(Box<TokenSet>),
    Denied(ErrorResponse),
    Expired,
    /// The server gives no code, or nothing will come of it.
    Failed(OauthError),
}

/// Where it stands. Requests run as tasks, so that a wait can be dropped and none of them is lost.
#[derive(Debug)]
enum Stage {
    Later(Instant),
    Asking(JoinHandle<Result<DeviceAuthorization, OauthError>>),
    Waiting(Box<Shown>),
    Polling(Box<Shown>, JoinHandle<Poll>),
    /// No code is out; another may be asked for.
    Idle,
}

#[derive(Debug)]
struct Shown {
    authorization: DeviceAuthorization,
    pace: Pace,
}

pub(crate) struct DeviceFlow {
    context: Arc<Context>,
    plan: Arc<Plan>,
    client: Client,
    stage: Stage,
    trouble: Option<String>,
}

impl DeviceFlow {
    /// Asks for the code at once, or after a while where a browser was `launched`.
    pub(crate) fn new(
        context: &Arc<Context>,
        plan: &Arc<Plan>,
        client: Client,
        launched: bool,
    ) -> Self {
        let wait = if launched { HEAD_START } else { Duration::ZERO };
        Self {
            context: Arc::clone(context),
            plan: Arc::clone(plan),
            client,
            stage: Stage::Later(Instant::now() + wait),
            trouble: None,
        }
    }

    /// Why the last poll was no answer: that nobody signed in is then not for certain.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Somebody wants the code now; where one is shown, nothing changes.
    pub(crate) fn hurry(&mut self) {
        if matches!(self.stage, Stage::Later(_) | Stage::Idle) {
            self.stage = Stage::Later(Instant::now());
        }
    }

    pub(crate) fn explain(&self, error: &OauthError) -> Error {
        client::request_error(&self.plan.wish, &self.client, "the device flow", error)
    }

    /// Goes on until there is something to say. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> DeviceEvent {
        loop {
            if let Some(event) = self.step().await {
                return event;
            }
        }
    }

    /// The tokens that the poll under way brings, if one is under way and it brings any.
    pub(crate) async fn settle(&mut self) -> Option<Box<TokenSet>> {
        if !matches!(self.stage, Stage::Polling(..)) {
            return None;
        }
        match self.step().await {
            Some(DeviceEvent::Granted(tokens)) => Some(tokens),
            _ => None,
        }
    }

    async fn step(&mut self) -> Option<DeviceEvent> {
        match &mut self.stage {
            Stage::Later(at) => {
                tokio::time::sleep_until((*at).into()).await;
                self.stage = Stage::Asking(self.ask());
                None
            }
            Stage::Asking(asking) => {
                let answer = asking.await.expect("asking for a code does not panic");
                Some(self.take_code(answer))
            }
            Stage::Waiting(shown) => {
                if let Some(at) = shown.pace.next_poll() {
                    tokio::time::sleep_until(at.into()).await;
                }
                self.poll()
            }
            Stage::Polling(_, polling) => {
                let answer = polling.await.expect("a poll does not panic");
                self.take_poll(answer)
            }
            Stage::Idle => std::future::pending().await,
        }
    }

    fn ask(&self) -> JoinHandle<Result<DeviceAuthorization, OauthError>> {
        let (context, plan, client) = self.parts();
        tokio::spawn(async move { request(&plan.wish, &client).send(&context.http).await })
    }

    fn take_code(&mut self, answer: Result<DeviceAuthorization, OauthError>) -> DeviceEvent {
        match answer {
            Ok(authorization) => {
                self.stage = Stage::Waiting(Box::new(Shown {
                    pace: Pace::new(&authorization, Instant::now()),
                    authorization: authorization.clone(),
                }));
                DeviceEvent::Code(authorization)
            }
            Err(error) => {
                self.stage = Stage::Idle;
                DeviceEvent::Failed(error)
            }
        }
    }

    fn poll(&mut self) -> Option<DeviceEvent> {
        let Stage::Waiting(shown) = std::mem::replace(&mut self.stage, Stage::Idle) else {
            return None;
        };
        if shown.pace.next_poll().is_none() {
            return Some(DeviceEvent::Expired);
        }
        let (context, plan, client) = self.parts();
        let Ok(hold) = plan.hold(&context) else {
            return None; // a signal ends the login at once
        };
        let authorization = shown.authorization.clone();
        let polling = tokio::spawn(async move {
            let _hold = hold;
            let poll = request(&plan.wish, &client)
                .poll(&context.http, &authorization, Timestamp::now())
                .await;
            if let Poll::Granted(tokens) = &poll {
                plan.gain(&client, tokens);
            }
            poll
        });
        self.stage = Stage::Polling(shown, polling);
        None
    }

    fn take_poll(&mut self, answer: Poll) -> Option<DeviceEvent> {
        let Stage::Polling(mut shown, _) = std::mem::replace(&mut self.stage, Stage::Idle) else {
            return None;
        };
        let (pace, now) = (&mut shown.pace, Instant::now());
        self.trouble = None;
        match answer {
            Poll::Pending => pace.pending(now),
            Poll::SlowDown(interval) => pace.slow_down(interval, now),
            Poll::Trouble(why) => {
                (self.context.term).step(&format!("asking again later: {why}"));
                pace.trouble(now);
                self.trouble = Some(why);
            }
            Poll::Granted(tokens) => return Some(DeviceEvent::Granted(tokens)),
            Poll::Denied(response) => return Some(DeviceEvent::Denied(response)),
            Poll::Expired => return Some(DeviceEvent::Expired),
            Poll::Failed(error) => return Some(DeviceEvent::Failed(error)),
        }
        self.stage = Stage::Waiting(shown);
        None
    }

    fn parts(&self) -> (Arc<Context>, Arc<Plan>, Client) {
        let (context, plan) = (Arc::clone(&self.context), Arc::clone(&self.plan));
        (context, plan, self.client.clone())
    }
}

impl Drop for DeviceFlow {
    /// The loser's code is never redeemed: no poll outlives the login.
    fn drop(&mut self) {
        match &self.stage {
            Stage::Asking(asking) => asking.abort(),
            Stage::Polling(_, polling) => polling.abort(),
            Stage::Later(_) | Stage::Waiting(_) | Stage::Idle => {}
        }
    }
}

fn request<'a>(wish: &'a Wish, client: &'a Client) -> DeviceRequest<'a> {
    DeviceRequest {
        provider: &wish.provider,
        client,
        scopes: &wish.scopes,
        resource: &wish.resource,
        audience: wish.audience.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;
    use crate::login::fixture;
    use crate::oauth::device::UserCode;
    use crate::provider::{ClientAuth, Provider};
    use keyfob_base::secret::Secret;

    /// What nobody waits for.
    const BOUND: Duration = Duration::from_secs(10);

    fn flow(stage: Stage) -> (tempfile::TempDir, DeviceFlow) {
        let (home, context) = fixture::context();
        let client = Client {
            id: "fob".into(),
            auth: ClientAuth::None,
            secret: None,
        };
        let plan = fixture::plan(Provider::default());
        let mut flow = DeviceFlow::new(&Arc::new(context), &Arc::new(plan), client, true);
        flow.stage = stage;
        (home, flow)
    }

    /// A code that lives so many seconds and may be polled with after one.
    fn shown(life: u64) -> Box<Shown> {
        let authorization = DeviceAuthorization {
            device_code: Secret::new("d"),
            user_code: UserCode::new("WDJB-MJHT"),
            verification_uri: "https://id.example.com/device".parse().unwrap(),
            verification_uri_complete: None,
            expires_in: Duration::from_secs(life),
            interval: Duration::from_secs(1),
        };
        Box::new(Shown {
            pace: Pace::new(&authorization, Instant::now()),
            authorization,
        })
    }

    fn granted() -> Poll {
        let now = Timestamp::from_unix(1_700_000_000);
        Poll::Granted(Box::new(TokenSet {
            access_token: Secret::new("a"),
            refresh_token: None,
            id_token: None,
            token_type: "Bearer".into(),
            scopes: Vec::new(),
            received_at: now,
            expires_at: None,
        }))
    }

    fn polling(poll: impl Future<Output = Poll> + Send + 'static) -> Stage {
        Stage::Polling(shown(900), tokio::spawn(poll))
    }

    #[tokio::test]
    async fn an_answer_elsewhere_waits_for_a_poll_and_for_nothing_else() {
        for stage in [
            Stage::Later(Instant::now() + HEAD_START),
            Stage::Asking(tokio::spawn(pending())),
            Stage::Waiting(shown(900)),
            Stage::Idle,
        ] {
            let (_home, mut flow) = flow(stage);
            let settled = timeout(BOUND, flow.settle()).await;
            assert_eq!(settled.expect("no wait"), None);
        }
        let (_home, mut brought) = flow(polling(async { granted() }));
        assert!(brought.settle().await.is_some());
        let (_home, mut undecided) = flow(polling(async { Poll::Pending }));
        assert!(undecided.settle().await.is_none());
        assert!(matches!(undecided.stage, Stage::Waiting(_)));
    }

    #[tokio::test]
    async fn a_wait_that_is_dropped_loses_no_answer() {
        let (answer, answered) = oneshot::channel();
        let (_home, mut flow) = flow(polling(async { answered.await.unwrap() }));
        let interrupted = timeout(Duration::ZERO, flow.next()).await;
        assert!(interrupted.is_err(), "there was nothing to say yet");
        answer.send(granted()).unwrap();
        let event = timeout(BOUND, flow.next()).await;
        assert!(matches!(event, Ok(DeviceEvent::Granted(_))), "{event:?}");
    }

    #[tokio::test]
    async fn no_request_outlives_the_login() {
        let (alive, mut ended) = oneshot::channel::<()>();
        let (_home, flow) = flow(polling(async move {
            let _alive = alive;
            pending().await
        }));
        tokio::task::yield_now().await; // the poll is under way
        assert!(ended.try_recv() == Err(oneshot::error::TryRecvError::Empty));
        drop(flow);
        let ended = timeout(BOUND, ended).await.expect("it ends");
        assert!(ended.is_err(), "nothing was said");
    }

    #[tokio::test]
    async fn only_where_no_code_is_shown_one_can_be_hurried() {
        let later = Stage::Later(Instant::now() + HEAD_START);
        for (stage, hurries) in [
            (later, true),
            (Stage::Idle, true),
            (Stage::Asking(tokio::spawn(pending())), false),
            (Stage::Waiting(shown(900)), false),
            (polling(pending()), false),
        ] {
            let (_home, mut flow) = flow(stage);
            flow.hurry();
            let now = matches!(flow.stage, Stage::Later(at) if at <= Instant::now());
            assert_eq!(now, hurries, "{:?}", flow.stage);
        }
    }

    #[tokio::test]
    async fn a_code_that_is_over_is_polled_with_no_more() {
        let (_home, mut flow) = flow(Stage::Waiting(shown(1)));
        let event = timeout(BOUND, flow.next()).await;
        assert!(matches!(event, Ok(DeviceEvent::Expired)), "{event:?}");
        assert!(
            matches!(flow.stage, Stage::Idle),
            "another may be asked for"
        );
    }
}

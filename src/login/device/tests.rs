//! What may be dropped, waited for and hurried. The requests are tasks of the tests' own.

use std::future::pending;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::*;
use crate::login::fixture;
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
        user_code: "WDJB-MJHT".into(),
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
    assert!(matches!(event, Ok(Event::Granted(_))), "{event:?}");
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
    assert!(matches!(event, Ok(Event::Expired)), "{event:?}");
    assert!(
        matches!(flow.stage, Stage::Idle),
        "another may be asked for"
    );
}

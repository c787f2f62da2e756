//! Which client each kind of flow gets, with nobody there to be asked.

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
        flow,
        ..fixture::plan(provider)
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
    nobody.provider.client_id = None;
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

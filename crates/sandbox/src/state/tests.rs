use super::super::testing::{ASKED, at, service};

#[test]
fn the_state_holds_no_code_and_no_token() {
    let service = service(Some("ada"));
    let code = service.code(&ASKED);
    let answer = service.exchange(&code, 1);
    let kept = service
        .keeper
        .with(at(2), |state| serde_json::to_string(state).unwrap())
        .unwrap();
    for secret in [
        code,
        answer.member("access_token"),
        answer.member("refresh_token"),
    ] {
        assert!(
            secret.len() > 40 && !kept.contains(&secret[secret.len() - 43..]),
            "{kept}"
        );
    }
    assert!(kept.contains("\"refresh_tokens\":{\""));
}

#[test]
fn what_has_expired_is_forgotten() {
    let service = service(Some("ada"));
    service.code(&ASKED);
    service.exchange(&service.code(&ASKED), 1);
    let count = |seconds| {
        let counts = |state: &mut super::State| {
            let (access, refresh) = (state.access_tokens.len(), state.refresh_tokens.len());
            (state.codes.len(), state.grants.len(), access, refresh)
        };
        service.keeper.with(at(seconds), counts).unwrap()
    };
    assert_eq!(count(2), (2, 1, 1, 1));
    assert_eq!(
        count(60),
        (1, 1, 1, 1),
        "the spent code stays with its grant"
    );
    assert_eq!(count(101), (1, 1, 0, 1));
    assert_eq!(count(1001), (0, 0, 0, 0));
}

#[test]
fn a_state_from_before_devices_and_pushed_requests_is_read() {
    let service = service(Some("ada"));
    service.exchange(&service.code(&ASKED), 1);
    service.post_json("/register", r#"{"redirect_uris": ["http://127.0.0.1/a"]}"#);
    let kept = |state: &mut super::State| serde_json::to_value(state).unwrap();
    let mut kept = service.keeper.with(at(2), kept).unwrap();
    for name in ["device_codes", "pushed"] {
        kept.as_object_mut().unwrap().remove(name).unwrap();
    }
    for (table, names) in [
        (
            "clients",
            &[
                "device",
                "machine",
                "secret_expires_at",
                "registration_token",
            ][..],
        ),
        ("grants", &["audience", "redirect_uri"]),
        ("access_tokens", &["audience"]),
    ] {
        let entries = kept[table].as_object_mut().unwrap();
        assert_eq!(entries.len(), 1, "{table}");
        for (entry, name) in entries.values_mut().flat_map(|entry| {
            let entry = entry.as_object_mut().unwrap();
            names
                .iter()
                .map(|name| (entry.remove(*name), name))
                .collect::<Vec<_>>()
        }) {
            assert!(entry.is_some(), "{table}.{name}");
        }
    }
    let read: super::State = serde_json::from_value(kept).unwrap();
    assert_eq!((read.clients.len(), read.grants.len()), (1, 1));
}

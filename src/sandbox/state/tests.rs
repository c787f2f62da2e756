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

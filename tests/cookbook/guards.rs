//! That the harness sees what it is there to see.

use crate::machine::Machine;

#[test]
#[should_panic(expected = "a token among the arguments of `curl")]
fn a_token_among_arguments() {
    let machine = Machine::signed_in();
    machine
        .line("curl -fsS -H \"$(keyfob token huggingface --header)\" https://huggingface.co/api/whoami-v2")
        .ok();
}

#[test]
#[should_panic(expected = "a token in ")]
fn a_token_in_a_file() {
    let machine = Machine::signed_in();
    machine.line("keyfob token huggingface > token").ok();
}

#[test]
#[should_panic(expected = "a token of github.com went to huggingface.co/api/whoami-v2")]
fn a_token_for_somebody_else() {
    let machine = Machine::signed_in();
    let line = "keyfob token github --header | curl -fs -H @- https://huggingface.co/api/whoami-v2";
    assert_eq!(machine.line(line).status, 22);
}

#[test]
#[should_panic(expected = "a way to no host: CONNECT example.com:443")]
fn a_way_out() {
    assert_ne!(Machine::new().line("curl https://example.com/").status, 0);
}

#[test]
#[should_panic(expected = "no such page: GET ghcr.io/v3/")]
fn an_unknown_page() {
    Machine::new().line("curl https://ghcr.io/v3/").ok();
}

//! The quirks, a switch for each.

use crate::client::AuthMethod;

/// What the sandbox does otherwise, a field for each way. Names and values are pairs in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "quirks"), allow(dead_code))]
pub struct Quirks {
    /// Takes scopes in requests separated by this and not by a blank.
    pub scope_separator: Option<String>,
    /// Reads the scopes of an authorization request from this parameter and not from `scope`.
    pub scope_parameter: Option<String>,
    /// Refuses authorization requests without these parameters.
    pub required_parameters: Vec<(String, String)>,
    /// Reads the expected person from this parameter and not from `login_hint`.
    pub login_hint_parameter: Option<String>,
    /// Takes these parameters for `prompt=select_account`, and not that itself.
    pub switch_parameters: Vec<(String, String)>,
    /// Takes redirect URIs of this host alone, such as `localhost` or `[::1]`.
    pub redirect_host: Option<String>,
    /// Takes redirect URIs at these ports alone.
    pub redirect_ports: Vec<u16>,
    /// Takes redirect URIs of this private-use scheme, and none on loopback, from the client `keyfob`.
    pub redirect_scheme: Option<String>,
    /// Shows a code alone at `/callback/code`, where usually `CODE#STATE` is shown.
    pub shows_bare_code: bool,
    /// Sends no `iss` in the authorization response.
    pub iss_omitted: bool,
    /// Does not announce `iss` in the metadata.
    pub iss_unannounced: bool,
    /// The issuer as the metadata names it, such as `https://id.example/{tid}`, where what is issued names
    /// the real one.
    pub issuer_template: Option<String>,

    /// The one way in which the client `keyfob` may authenticate.
    pub client_auth: Option<AuthMethod>,
    /// The same in the device flow, where that is another. Refreshing and revoking take both.
    pub device_client_auth: Option<AuthMethod>,
    /// Takes JSON at the token endpoint, and no forms.
    pub json_bodies: bool,
    /// Refuses token and revocation requests without these headers.
    pub token_headers: Vec<(String, String)>,
    /// Refuses a refresh without the `redirect_uri` of the login.
    pub refresh_demands_redirect_uri: bool,
    /// Refuses a refresh without `scope`.
    pub refresh_demands_scope: bool,
    /// Refuses to exchange a code without the request's `state`.
    pub exchange_demands_state: bool,
    /// Sends the errors of the token and the device authorization endpoint with status 200.
    pub errors_under_200: bool,
    /// Puts the members of a token answer at this JSON pointer, such as `/authed_user`.
    pub members: Option<String>,
    /// Lists the granted scopes in this member and not in `scope`.
    pub granted_scope_member: Option<String>,
    /// Separates granted scopes by this and not by a blank.
    pub granted_scope_separator: Option<String>,
    /// Writes granted scopes otherwise: as they are asked for, then as they are listed.
    pub granted_scope_aliases: Vec<(String, String)>,
    /// Does not list these scopes though they are granted.
    pub unlisted_scopes: Vec<String>,
    /// Calls its tokens' type this and not `Bearer`.
    pub token_type: Option<String>,

    /// Takes identity tokens for this audience alone, and not for itself or the client.
    pub exchange_audience: Option<String>,
    /// Takes JSON for an exchange, and no forms.
    pub exchange_by_json: bool,
    /// Takes forms for an exchange whatever it takes for the other grants.
    pub exchange_by_form: bool,
    /// Calls identity tokens this, and not by the standard's name.
    pub exchange_subject_token_type: Option<String>,
    /// Refuses exchanges without this `requested_token_type`.
    pub exchange_requested_token_type: Option<String>,
    /// Refuses exchanges that a client has a part in.
    pub exchange_without_client: bool,
    /// Demands one `resource` for an exchange, which is a name and no URI.
    pub exchange_by_name: bool,

    /// Signs devices in at `/device_authorization/usercode` and `/device_authorization/token` alone: JSON,
    /// and in the end an authorization code with the PKCE verifier that was made for it here. Its redirect URI
    /// is `/device_authorization/callback` of this server. PendingPages is 403, and an answer says nothing of
    /// the page, which is `/device` all the same.
    pub device_by_code: bool,
    /// Reads `client_id` of a device request from the query alone.
    pub device_client_id_in_query: bool,
    /// Reads the scopes of a device request from this parameter and not from `scope`, and refuses polls
    /// without it.
    pub device_scope_parameter: Option<String>,
    /// Refuses device requests without these parameters.
    pub device_parameters: Vec<(String, String)>,
    /// Names the page in this member and not in `verification_uri`.
    pub verification_uri_member: Option<String>,
    /// Says nothing of the page.
    pub verification_uri_omitted: bool,
    /// Puts the error of a poll into this member and not into `error`.
    pub device_error_member: Option<String>,
    /// Says other words in the errors of a poll: the standard's, then its own.
    pub device_error_words: Vec<(String, String)>,
    /// Answers a poll that nobody has decided with this status and an empty object.
    pub device_pending_status: Option<u16>,
    /// Writes the numbers of a device answer as strings.
    pub device_numbers_as_strings: bool,

    /// Answers POST alone at the userinfo endpoint, without a body unless `userinfo_body` says one.
    pub userinfo_by_post: bool,
    /// Demands this JSON as the body of a userinfo request.
    pub userinfo_body: Option<String>,
    /// Takes tokens at the userinfo endpoint in this authorization scheme and not in `Bearer`.
    pub userinfo_scheme: Option<String>,
    /// Refuses userinfo requests without these headers; `{client_id}` stands for the token's client.
    pub userinfo_headers: Vec<(String, String)>,
    /// Puts the claims of the userinfo answer at this JSON pointer, such as `/data/0`.
    pub userinfo_members: Option<String>,
    /// Tells this as the claim `tid` in userinfo and id tokens.
    pub tenant: Option<String>,

    /// How tokens are revoked.
    pub revocation: Revocation,
    /// Revokes refresh tokens alone.
    pub revokes_refresh_tokens_only: bool,
    /// Gives a registered client a secret although it asked for `none`.
    pub registration_gives_secret: bool,
}

/// The forms in which a revocation is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "quirks"), allow(dead_code))]
pub enum Revocation {
    #[default]
    Rfc7009,
    /// `token` alone in a form, 400 `invalid_token` where it is unknown.
    TokenOnly,
    /// `DELETE /applications/CLIENT_ID/token` with HTTP Basic and `{"access_token": …}`.
    DeleteToken,
    /// The access token as `Bearer`, and no body.
    Bearer,
    /// RFC 7009 with a JSON body, and no forms.
    Json,
}

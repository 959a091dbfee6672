//! What the server's files know as `crate::http`.

#[path = "../../server/src/http/cookie.rs"]
pub mod cookie;

//! Actions on people and on the reader's own account.

use protocol::api::accounts::{ChangeMe, Me, User};
use protocol::api::contacts::{AskContact, ChangeContact};
use protocol::{Code, Problem, RequestId, UserId};

use crate::browser::account::{fetch_contacts, fetch_requests, keep_me};
use crate::browser::tab::Tab;
use crate::browser::{people, time};

pub async fn find(tab: &Tab, text: &str) -> Result<Option<User>, Problem> {
    let text = text.trim();
    let query = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("number={text}")
    } else {
        let handle = text.trim_start_matches('@').to_lowercase();
        format!(
            "handle={}",
            String::from(js_sys::encode_uri_component(&handle))
        )
    };
    match tab.http.get::<User>(&format!("users?{query}")).await {
        Ok(user) => {
            people::save(tab, std::slice::from_ref(&user)).await;
            Ok(Some(user))
        }
        Err(refusal) if refusal.problem.code == Code::NotFound => Ok(None),
        Err(refusal) => Err(refusal.problem),
    }
}

pub async fn ask(tab: &Tab, ask: &AskContact) -> Result<(), Problem> {
    tab.http.tell("POST", "contact_requests", ask).await?;
    catch_up(tab).await;
    Ok(())
}

pub async fn answer(tab: &Tab, request: RequestId, accept: bool) -> Result<(), Problem> {
    let answer = if accept { "accept" } else { "decline" };
    let path = format!("contact_requests/{request}/{answer}");
    tab.http.order("POST", &path).await?;
    catch_up(tab).await;
    Ok(())
}

pub async fn change_contact(
    tab: &Tab,
    user: UserId,
    change: &ChangeContact,
) -> Result<(), Problem> {
    tab.http
        .tell("PATCH", &format!("contacts/{user}"), change)
        .await?;
    catch_up(tab).await;
    Ok(())
}

pub async fn remove_contact(tab: &Tab, user: UserId) -> Result<(), Problem> {
    tab.http
        .order("DELETE", &format!("contacts/{user}"))
        .await?;
    catch_up(tab).await;
    Ok(())
}

pub async fn change_me(tab: &Tab, change: &ChangeMe) -> Result<Me, Problem> {
    let me: Me = tab.http.send("PATCH", "me", change).await?;
    keep_me(tab, me.clone(), None).await;
    Ok(me)
}

/// Fetches what the action changed, at once; the stream would tell a moment later. What fails here
/// is fetched then.
async fn catch_up(tab: &Tab) {
    let both = async {
        fetch_contacts(tab).await?;
        fetch_requests(tab).await
    };
    let _ = time::within(10_000, both).await;
}

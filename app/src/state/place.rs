//! The app's addresses: one page each, the same for the server, links and forms.

use protocol::{ConversationId, UserId};

/// What an address shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/login`
    LogIn,
    /// `/register`
    Register,
    /// `/chats`: the list alone.
    Chats,
    /// `/chats/new`
    NewGroup,
    /// `/chats/{id}`
    Chat(ConversationId),
    /// `/chats/{id}/details`: with its drawer open.
    Details(ConversationId),
    /// `/contacts`
    Contacts,
    /// `/contacts/add`
    AddContact,
    /// `/contacts/requests`
    Requests,
    /// `/contacts/groups`
    Groups,
    /// `/contacts/{id}`: somebody's card.
    Card(UserId),
    /// `/settings`
    Settings,
    /// None of the app's.
    Nowhere,
}

impl Place {
    /// What the address (path, and perhaps query) shows.
    pub fn parse(address: &str) -> Self {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let place = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) | (Some("chats"), None, _) => Self::Chats,
            (Some("login"), None, _) => Self::LogIn,
            (Some("register"), None, _) => Self::Register,
            (Some("settings"), ..) | (Some("logout"), None, _) => Self::Settings,
            (Some("chats"), Some("new"), None) => Self::NewGroup,
            (Some("chats"), Some(id), rest) => match (id.parse(), rest) {
                // A refused form leaves its action's path as the address.
                (Ok(id), None | Some("send")) => Self::Chat(id),
                (Ok(id), Some("details" | "leave")) => Self::Details(id),
                _ => Self::Nowhere,
            },
            (Some("contacts"), None, _) => Self::Contacts,
            (Some("contacts"), Some("add"), None) => Self::AddContact,
            (Some("contacts"), Some("requests"), _) => Self::Requests,
            (Some("contacts"), Some("groups"), None) => Self::Groups,
            (Some("contacts"), Some(id), None) => id.parse().map_or(Self::Nowhere, Self::Card),
            _ => Self::Nowhere,
        };
        if parts.next().is_some() && place != Self::Requests {
            Self::Nowhere
        } else {
            place
        }
    }

    /// The address.
    pub fn path(self) -> String {
        match self {
            Self::LogIn => "/login".to_owned(),
            Self::Register => "/register".to_owned(),
            Self::Chats | Self::Nowhere => "/chats".to_owned(),
            Self::NewGroup => "/chats/new".to_owned(),
            Self::Chat(id) => format!("/chats/{id}"),
            Self::Details(id) => format!("/chats/{id}/details"),
            Self::Contacts => "/contacts".to_owned(),
            Self::AddContact => "/contacts/add".to_owned(),
            Self::Requests => "/contacts/requests".to_owned(),
            Self::Groups => "/contacts/groups".to_owned(),
            Self::Card(id) => format!("/contacts/{id}"),
            Self::Settings => "/settings".to_owned(),
        }
    }

    /// Whether it is for those who are not logged in.
    pub const fn is_door(self) -> bool {
        matches!(self, Self::LogIn | Self::Register)
    }

    /// The conversation it shows.
    pub const fn conversation(self) -> Option<ConversationId> {
        match self {
            Self::Chat(id) | Self::Details(id) => Some(id),
            _ => None,
        }
    }

    /// Whether it belongs to the contacts.
    pub const fn is_contacts(self) -> bool {
        matches!(
            self,
            Self::Contacts | Self::AddContact | Self::Requests | Self::Groups | Self::Card(_)
        )
    }

    /// Whether a narrow screen shows a list here, not what is beside it.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Chats | Self::Contacts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_at_its_path() {
        let id = ConversationId::new(1, [7; 10]);
        let user = UserId::new(1, [7; 10]);
        for place in [
            Place::LogIn,
            Place::Register,
            Place::Chats,
            Place::NewGroup,
            Place::Chat(id),
            Place::Details(id),
            Place::Contacts,
            Place::AddContact,
            Place::Requests,
            Place::Groups,
            Place::Card(user),
            Place::Settings,
        ] {
            assert_eq!(Place::parse(&place.path()), place);
        }
    }

    #[test]
    fn queries_do_not_matter_and_strange_paths_lead_nowhere() {
        assert_eq!(Place::parse("/contacts/add?find=anna"), Place::AddContact);
        assert_eq!(Place::parse("/"), Place::Chats);
        assert_eq!(Place::parse("/chats/x"), Place::Nowhere);
        assert_eq!(Place::parse("/login/x"), Place::Nowhere);
    }
}

//! People and groups: `/contacts` and what is below it.

mod add;
mod answer;
mod ask;
mod card;
mod column;
mod groups;
mod home;
mod relation;
mod requests;
mod standing;

pub use add::Add;
pub use card::Card;
pub use column::Column;
pub use groups::Groups;
pub use home::Home;
pub use requests::Requests;

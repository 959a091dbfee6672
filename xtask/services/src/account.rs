//! The system's accounts that some services insist on.

use std::fs;

use anyhow::{Context, Result};

/// A user of this machine, with the numbers that own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub user: u32,
    pub group: u32,
}

impl Account {
    /// The account a service runs as: its own when we are root, since Postgres refuses root;
    /// else `None`, which is our own, since we cannot change it.
    ///
    /// # Errors
    /// When we are root and there is no such account: its package makes it.
    pub fn of_service(name: &str) -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let text = fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
        let account = find(&text, name).with_context(|| format!("there is no user {name}"))?;
        Ok(Some(account))
    }
}

/// A line is `name:password:user:group:…`.
fn find(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then_some(())?;
        Some(Account {
            name: name.to_owned(),
            user: fields.nth(1)?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:1:2::/:\npostgres:x:101:104::/:\n";
        let account = find(passwd, "postgres").unwrap();
        assert_eq!((account.user, account.group), (101, 104));
        assert_eq!(find(passwd, "post"), None);
    }
}

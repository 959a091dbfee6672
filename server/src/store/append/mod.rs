//! Storing a batch of commands in one transaction, with as many statements for two hundred as for
//! one.
//!
//! [`Append::load`] reads what the rules look at, the caller decides, [`Append::save`] writes what
//! came of it, [`Append::commit`] makes it last. Dropped before that, nothing happened.

mod changes;
mod load;
mod save;

use sqlx::Sqlite;

use super::{Store, StoreError};

pub use changes::{Changes, HeadRow, KeyRow, MembershipRow, ReadRow};
pub use load::{Known, Loaded, Wanted};

/// A batch being stored.
#[derive(Debug)]
pub struct Append(sqlx::Transaction<'static, Sqlite>);

impl Store {
    /// Begins a batch. Nothing else is written until it ends.
    ///
    /// # Errors
    /// The database cannot serve.
    pub async fn begin_append(&self) -> Result<Append, StoreError> {
        Ok(Append(self.writing().await?))
    }
}

impl Append {
    /// Makes the batch last: once this returns `Ok`, it is on the disk.
    ///
    /// # Errors
    /// Nothing was committed.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

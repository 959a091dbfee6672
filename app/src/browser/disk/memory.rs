//! The disk where the browser gives none: it lives as long as the tab, and only this tab has it.

use std::cell::{Cell, RefCell};

use litemap::LiteMap;

use super::{DiskError, GENERATION, How, Key, Row, Table, Write};

/// All tables in one map.
#[derive(Debug, Default)]
pub struct Memory {
    rows: RefCell<LiteMap<(Table, Key), String>>,
    last_number: Cell<u64>,
}

#[expect(
    clippy::unused_async,
    reason = "has the same form as the one that waits"
)]
impl Memory {
    pub async fn get(&self, table: Table, key: &Key) -> Result<Option<String>, DiskError> {
        Ok(self.rows.borrow().get(&(table, key.clone())).cloned())
    }

    pub async fn rows(
        &self,
        table: Table,
        span: Option<(Key, Key)>,
    ) -> Result<Vec<Row>, DiskError> {
        let rows = self.rows.borrow();
        Ok(rows
            .iter()
            .filter(|((of, key), _)| {
                *of == table && span.as_ref().is_none_or(|(a, b)| a <= key && key <= b)
            })
            .map(|((_, key), text)| (key.clone(), Some(text.clone())))
            .collect())
    }

    pub async fn keys(&self, table: Table, from: Key, to: Key) -> Result<Vec<Key>, DiskError> {
        let rows = self.rows(table, Some((from, to))).await?;
        Ok(rows.into_iter().map(|(key, _)| key).collect())
    }

    pub async fn last(&self, table: Table, from: Key, to: Key) -> Result<Option<Key>, DiskError> {
        if from > to {
            return Ok(None);
        }
        let rows = self.rows.borrow();
        let mut within = rows.keys().rev();
        let last = within.find(|(of, key)| *of == table && from <= *key && *key <= to);
        Ok(last.map(|(_, key)| key.clone()))
    }

    pub async fn count(&self, table: Table) -> Result<u64, DiskError> {
        let rows = self.rows.borrow();
        Ok(rows.keys().filter(|(of, _)| *of == table).count() as u64)
    }

    pub async fn write(&self, writes: Vec<Write>, how: How) -> Result<Vec<u64>, DiskError> {
        self.check(how)?;
        let mut rows = self.rows.borrow_mut();
        let mut numbers = Vec::new();
        for write in writes {
            match write {
                Write::Put(table, key, text) => {
                    rows.insert((table, key), text);
                }
                Write::Delete(table, key) => {
                    rows.remove(&(table, key));
                }
                Write::DeleteSpan(table, from, to) => {
                    rows.retain(|(of, key), _| *of != table || *key < from || *key > to);
                }
                Write::Empty(table) => rows.retain(|(of, _), _| *of != table),
                Write::Append(table, text) => {
                    let number = self.last_number.get() + 1;
                    self.last_number.set(number);
                    rows.insert((table, Key::Number(number)), text);
                    numbers.push(number);
                }
            }
        }
        Ok(numbers)
    }

    pub async fn change(
        &self,
        table: Table,
        key: &Key,
        how: How,
        change: impl FnOnce(Option<String>) -> Option<String>,
    ) -> Result<Option<String>, DiskError> {
        self.check(how)?;
        let place = (table, key.clone());
        let old = self.rows.borrow().get(&place).cloned();
        let Some(new) = change(old.clone()) else {
            return Ok(old);
        };
        self.rows.borrow_mut().insert(place, new.clone());
        Ok(Some(new))
    }

    fn check(&self, how: How) -> Result<(), DiskError> {
        let Some(fence) = how.fence else {
            return Ok(());
        };
        let place = (Table::Meta, Key::Text(GENERATION.to_owned()));
        match self.rows.borrow().get(&place) {
            Some(generation) if *generation == fence.to_string() => Ok(()),
            _ => Err(DiskError::Fenced),
        }
    }
}

//! The disk over IndexedDB.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{
    IdbCursorDirection, IdbDatabase, IdbFactory, IdbObjectStore, IdbObjectStoreParameters,
    IdbOpenDbRequest, IdbTransaction, IdbVersionChangeEvent,
};

use super::request::{End, failed, result};
use super::{DiskError, GENERATION, How, Key, Row, Table, Write, keys};

/// Rises with every change of the tables; [`upgrade`] leads from each version to the next.
const VERSION: u32 = 1;

/// An open database.
pub struct Indexed {
    database: IdbDatabase,
    _on_version_change: Closure<dyn FnMut()>,
}

impl Indexed {
    pub async fn open(name: &str) -> Result<Self, DiskError> {
        let request = factory()?
            .open_with_u32(name, VERSION)
            .map_err(|error| failed(&error))?;
        let on_upgrade = Closure::<dyn FnMut(IdbVersionChangeEvent)>::new({
            let request = request.clone();
            move |event: IdbVersionChangeEvent| upgrade(&request, &event)
        });
        request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
        let opened = result(&request).await;
        request.set_onupgradeneeded(None);
        let database: IdbDatabase = opened?.unchecked_into();
        // A newer version of the app in another tab, or a log-out, wants it: let go.
        let on_version_change = Closure::<dyn FnMut()>::new({
            let database = database.clone();
            move || database.close()
        });
        database.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        Ok(Self {
            database,
            _on_version_change: on_version_change,
        })
    }

    pub async fn delete(name: &str) -> Result<(), DiskError> {
        let request = factory()?
            .delete_database(name)
            .map_err(|error| failed(&error))?;
        result(&request).await.map(drop)
    }

    pub fn close(&self) {
        self.database.close();
    }

    pub async fn get(&self, table: Table, key: &Key) -> Result<Option<String>, DiskError> {
        let store = self.reading(table)?;
        let request = store
            .get(&keys::to_js(key))
            .map_err(|error| failed(&error))?;
        Ok(result(&request).await?.as_string())
    }

    pub async fn rows(
        &self,
        table: Table,
        span: Option<(Key, Key)>,
    ) -> Result<Vec<Row>, DiskError> {
        let range = match span {
            None => JsValue::UNDEFINED,
            Some((from, to)) => match keys::range(&from, &to)? {
                Some(range) => range.into(),
                None => return Ok(Vec::new()),
            },
        };
        let store = self.reading(table)?;
        let all_keys = store
            .get_all_keys_with_key(&range)
            .map_err(|error| failed(&error))?;
        let all = store
            .get_all_with_key(&range)
            .map_err(|error| failed(&error))?;
        // The second comes after the first, so its end is the end of both.
        let texts: Array = result(&all).await?.unchecked_into();
        let found: Array = all_keys
            .result()
            .map_err(|error| failed(&error))?
            .unchecked_into();
        Ok(found
            .iter()
            .zip(texts.iter())
            .filter_map(|(key, text)| Some((keys::from_js(&key)?, text.as_string())))
            .collect())
    }

    pub async fn keys(&self, table: Table, from: Key, to: Key) -> Result<Vec<Key>, DiskError> {
        let Some(range) = keys::range(&from, &to)? else {
            return Ok(Vec::new());
        };
        let request = self
            .reading(table)?
            .get_all_keys_with_key(&range)
            .map_err(|error| failed(&error))?;
        let found: Array = result(&request).await?.unchecked_into();
        Ok(found.iter().filter_map(|key| keys::from_js(&key)).collect())
    }

    pub async fn last(&self, table: Table, from: Key, to: Key) -> Result<Option<Key>, DiskError> {
        let Some(range) = keys::range(&from, &to)? else {
            return Ok(None);
        };
        let request = self
            .reading(table)?
            .open_key_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)
            .map_err(|error| failed(&error))?;
        let cursor = result(&request).await?;
        if cursor.is_null() {
            return Ok(None);
        }
        let cursor: web_sys::IdbCursor = cursor.unchecked_into();
        let key = cursor.key().map_err(|error| failed(&error))?;
        Ok(keys::from_js(&key))
    }

    pub async fn count(&self, table: Table) -> Result<u64, DiskError> {
        let request = self
            .reading(table)?
            .count()
            .map_err(|error| failed(&error))?;
        let count = keys::from_js(&result(&request).await?);
        Ok(match count {
            Some(Key::Number(count)) => count,
            _ => 0,
        })
    }

    pub async fn write(&self, writes: Vec<Write>, how: How) -> Result<Vec<u64>, DiskError> {
        let transaction = self.writing(writes.iter().map(Write::table), how)?;
        let end = End::of(&transaction);
        if let Err(error) = check(&transaction, how).await {
            return abort(&transaction, error);
        }
        let mut appended = Vec::new();
        for write in writes {
            if let Err(error) = apply(&transaction, write, &mut appended) {
                return abort(&transaction, failed(&error));
            }
        }
        end.wait().await?;
        let number = |request: &web_sys::IdbRequest| match keys::from_js(&request.result().ok()?) {
            Some(Key::Number(number)) => Some(number),
            _ => None,
        };
        Ok(appended.iter().filter_map(number).collect())
    }

    pub async fn change(
        &self,
        table: Table,
        key: &Key,
        how: How,
        change: impl FnOnce(Option<String>) -> Option<String>,
    ) -> Result<Option<String>, DiskError> {
        let transaction = self.writing([table], how)?;
        let end = End::of(&transaction);
        if let Err(error) = check(&transaction, how).await {
            return abort(&transaction, error);
        }
        let store = transaction
            .object_store(table.name())
            .map_err(|error| failed(&error))?;
        let key = keys::to_js(key);
        let request = store.get(&key).map_err(|error| failed(&error))?;
        let old = result(&request).await?.as_string();
        let Some(new) = change(old.clone()) else {
            end.wait().await?;
            return Ok(old);
        };
        if let Err(error) = store.put_with_key(&JsValue::from_str(&new), &key) {
            return abort(&transaction, failed(&error));
        }
        end.wait().await?;
        Ok(Some(new))
    }

    fn reading(&self, table: Table) -> Result<IdbObjectStore, DiskError> {
        self.database
            .transaction_with_str(table.name())
            .and_then(|transaction| transaction.object_store(table.name()))
            .map_err(|error| failed(&error))
    }

    fn writing(
        &self,
        tables: impl IntoIterator<Item = Table>,
        how: How,
    ) -> Result<IdbTransaction, DiskError> {
        let mut tables: Vec<Table> = tables.into_iter().collect();
        if how.fence.is_some() {
            tables.push(Table::Meta);
        }
        tables.sort_unstable();
        tables.dedup();
        let names: Array = tables.iter().map(|it| JsValue::from(it.name())).collect();
        // The form with options is not in web-sys' stable part.
        let options = js_sys::Object::new();
        let durability = if how.strict { "strict" } else { "relaxed" };
        let begin = || -> Result<IdbTransaction, JsValue> {
            js_sys::Reflect::set(&options, &"durability".into(), &durability.into())?;
            js_sys::Reflect::get(&self.database, &"transaction".into())?
                .dyn_into::<js_sys::Function>()?
                .call3(&self.database, &names, &"readwrite".into(), &options)?
                .dyn_into()
        };
        begin().map_err(|error| failed(&error))
    }
}

fn factory() -> Result<IdbFactory, DiskError> {
    web_sys::window()
        .and_then(|window| window.indexed_db().ok().flatten())
        .ok_or_else(|| DiskError::Failed("there is no IndexedDB".to_owned()))
}

/// Makes the tables that the version before did not have.
fn upgrade(request: &IdbOpenDbRequest, event: &IdbVersionChangeEvent) {
    let Ok(database) = request.result().map(JsCast::unchecked_into::<IdbDatabase>) else {
        return;
    };
    if event.old_version() < 1.0 {
        for table in Table::ALL {
            let parameters = IdbObjectStoreParameters::new();
            parameters.set_auto_increment(table == Table::Outbox);
            // What cannot be made shows when the database is used, with the reason.
            let _ = database
                .create_object_store_with_optional_parameters(table.name(), &parameters)
                .inspect_err(|error| web_sys::console::error_1(error));
        }
    }
}

async fn check(transaction: &IdbTransaction, how: How) -> Result<(), DiskError> {
    let Some(fence) = how.fence else {
        return Ok(());
    };
    let request = transaction
        .object_store(Table::Meta.name())
        .and_then(|store| store.get(&JsValue::from_str(GENERATION)))
        .map_err(|error| failed(&error))?;
    let generation = result(&request).await?.as_string();
    if generation == Some(fence.to_string()) {
        Ok(())
    } else {
        Err(DiskError::Fenced)
    }
}

fn apply(
    transaction: &IdbTransaction,
    write: Write,
    appended: &mut Vec<web_sys::IdbRequest>,
) -> Result<(), JsValue> {
    let store = transaction.object_store(write.table().name())?;
    match write {
        Write::Put(_, key, text) => {
            store.put_with_key(&JsValue::from_str(&text), &keys::to_js(&key))?;
        }
        Write::Delete(_, key) => {
            store.delete(&keys::to_js(&key))?;
        }
        Write::DeleteSpan(_, from, to) => {
            if let Ok(Some(range)) = keys::range(&from, &to) {
                store.delete(&range)?;
            }
        }
        Write::Empty(_) => {
            store.clear()?;
        }
        Write::Append(_, text) => appended.push(store.add(&JsValue::from_str(&text))?),
    }
    Ok(())
}

fn abort<T>(transaction: &IdbTransaction, error: DiskError) -> Result<T, DiskError> {
    // It may have ended by itself.
    let _ = transaction.abort();
    Err(error)
}

//! How each database is asked about a table, and Postgres is given its rows.

use super::tables::{Column, Kind, Table};

impl Table {
    /// The next rows, after a key where there is one: SQLite's statement. The last parameter is how
    /// many.
    pub fn next_of_sqlite(&self, after: bool) -> String {
        self.next(after, |column| column.name.to_owned())
    }

    /// The same for Postgres, whose values come as SQLite has them.
    pub fn next_of_postgres(&self, after: bool) -> String {
        self.next(after, |column| match column.kind {
            Kind::Id => format!("uuid_send({})", column.name),
            Kind::Flag => format!("{}::int::int8", column.name),
            Kind::Number | Kind::Text | Kind::Bytes => column.name.to_owned(),
        })
    }

    fn next(&self, after: bool, expression: impl Fn(&Column) -> String) -> String {
        let columns = list(self.columns.iter().map(expression));
        let key = list(self.key_columns().iter().map(|it| it.name.to_owned()));
        let (after, limit) = if after {
            (format!("WHERE {}", self.beyond()), self.key + 1)
        } else {
            (String::new(), 1)
        };
        let name = self.name;
        format!("SELECT {columns} FROM {name} {after} ORDER BY {key} LIMIT ${limit}")
    }

    /// Deletes all that comes after a key, or all.
    pub fn delete_rest(&self, after: bool) -> String {
        let name = self.name;
        if after {
            format!("DELETE FROM {name} WHERE {}", self.beyond())
        } else {
            format!("DELETE FROM {name}")
        }
    }

    /// Inserts rows; each parameter is a column of all of them. For Postgres.
    pub fn insert(&self) -> String {
        let columns = list(self.columns.iter().map(|it| it.name.to_owned()));
        let values = list(self.columns.iter().zip(1..).map(|(column, number)| {
            let kind = match column.kind {
                Kind::Id => "uuid",
                Kind::Number => "int8",
                Kind::Flag => "bool",
                Kind::Text => "text",
                Kind::Bytes => "bytea",
            };
            format!("${number}::{kind}[]")
        }));
        let name = self.name;
        format!("INSERT INTO {name} ({columns}) SELECT * FROM unnest({values})")
    }

    fn beyond(&self) -> String {
        let key = list(self.key_columns().iter().map(|it| it.name.to_owned()));
        let parameters = list((1..=self.key).map(|number| format!("${number}")));
        format!("({key}) > ({parameters})")
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tables::TABLES;

    #[test]
    fn a_statement_names_what_it_needs() {
        let table = |name: &str| TABLES.iter().find(|table| table.name == name).unwrap();
        let contacts = table("contacts");
        assert_eq!(
            contacts.next_of_postgres(true),
            "SELECT uuid_send(owner), uuid_send(peer), remark, starred::int::int8, \
             blocked::int::int8, since FROM contacts WHERE (owner, peer) > ($1, $2) \
             ORDER BY owner, peer LIMIT $3"
        );
        assert_eq!(
            contacts.next_of_sqlite(false),
            "SELECT owner, peer, remark, starred, blocked, since FROM contacts  \
             ORDER BY owner, peer LIMIT $1"
        );
        assert_eq!(
            table("passwords").insert(),
            "INSERT INTO passwords (user_id, phc) SELECT * FROM unnest($1::uuid[], $2::text[])"
        );
    }
}

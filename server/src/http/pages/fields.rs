//! The fields of a form, as a browser sends them.

/// Name and value of each, in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a body of `application/x-www-form-urlencoded`. Anything is one.
    pub fn read(body: &[u8]) -> Self {
        let fields = form_urlencoded::parse(body);
        Self(
            fields
                .map(|(name, value)| (name.into_owned(), lines(&value)))
                .collect(),
        )
    }

    /// A field's value; empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        let named = self.iter().find(|(key, _)| *key == name);
        named.map_or("", |(_, value)| value)
    }

    /// All values of a field that may be there several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.iter().filter(move |(key, _)| *key == name);
        named.map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Browsers send line breaks in forms as CR LF, whatever was typed.
fn lines(value: &str) -> String {
    value.replace("\r\n", "\n")
}

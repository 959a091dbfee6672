//! What the protocol names, as JSON.
//!
//! It is written and read by `serde_json`, but structs are read from objects only. What serde derives can read a struct
//! from a list of its fields too; where nothing asks for that, it is not compiled, and the browser does
//! not download it.

use std::fmt;

use serde::Serialize;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

/// Reads a value from a text.
///
/// # Errors
/// Says where the text is no JSON, or not that of such a value.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Objects(&mut deserializer))?;
    deserializer.end()?;
    Ok(value)
}

/// A value as a text.
///
/// # Panics
/// Never for what the protocol names: strings, numbers, lists and maps by strings are always JSON.
pub fn to_string(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what the protocol names is always JSON")
}

/// Passes everything on, both ways, but what asks for a struct asks for a map.
struct Objects<T>(T);

macro_rules! ask {
    ($($method:ident($($argument:ident: $type:ty),*) as $inner:ident($($passed:ident),*);)*) => { $(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$inner($($passed,)* Objects(visitor))
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    ask! {
        deserialize_any() as deserialize_any();
        deserialize_bool() as deserialize_bool();
        deserialize_i8() as deserialize_i8();
        deserialize_i16() as deserialize_i16();
        deserialize_i32() as deserialize_i32();
        deserialize_i64() as deserialize_i64();
        deserialize_u8() as deserialize_u8();
        deserialize_u16() as deserialize_u16();
        deserialize_u32() as deserialize_u32();
        deserialize_u64() as deserialize_u64();
        deserialize_f32() as deserialize_f32();
        deserialize_f64() as deserialize_f64();
        deserialize_char() as deserialize_char();
        deserialize_str() as deserialize_str();
        deserialize_string() as deserialize_string();
        deserialize_bytes() as deserialize_bytes();
        deserialize_byte_buf() as deserialize_byte_buf();
        deserialize_option() as deserialize_option();
        deserialize_unit() as deserialize_unit();
        deserialize_unit_struct(name: &'static str) as deserialize_unit_struct(name);
        deserialize_newtype_struct(name: &'static str) as deserialize_newtype_struct(name);
        deserialize_seq() as deserialize_seq();
        deserialize_tuple(length: usize) as deserialize_tuple(length);
        deserialize_tuple_struct(name: &'static str, length: usize) as deserialize_tuple_struct(name, length);
        deserialize_map() as deserialize_map();
        deserialize_struct(_name: &'static str, _fields: &'static [&'static str]) as deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) as deserialize_enum(name, variants);
        deserialize_identifier() as deserialize_identifier();
        deserialize_ignored_any() as deserialize_ignored_any();
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! answer {
    ($($method:ident($type:ty);)*) => { $(
        fn $method<E: serde::de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )* };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Objects<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(formatter)
    }

    answer! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Objects(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Objects(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Objects(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Objects(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Objects(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Objects(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Objects<A> {
    type Error = A::Error;
    type Variant = Objects<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(Objects(seed))?;
        Ok((value, Objects(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Objects(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Objects(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.newtype_variant_seed(Fields(visitor))
    }
}

/// Asks for the fields of a variant as for those of a struct.
struct Fields<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Fields<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_map(Objects(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::value::RawValue;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: i64,
        #[serde(default)]
        note: Option<String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Shape {
        Empty,
        Dot(Point),
        Line { from: Point, to: Point },
    }

    #[test]
    fn what_serde_json_reads_is_read() {
        let text = r#"["Empty",{"Dot":{"x":1,"note":"\u4f60\n"}},{"Line":{"to":{"x":3},"from":{"x":-2}}}]"#;
        let shapes: Vec<Shape> = from_str(text).unwrap();
        assert_eq!(shapes, serde_json::from_str::<Vec<Shape>>(text).unwrap());
        assert_eq!(shapes.len(), 3);
    }

    #[test]
    fn raw_values_keep_their_bytes() {
        let raw: Vec<Box<RawValue>> = from_str("[ {\"b\" : 1.0}, 2 ]").unwrap();
        assert_eq!(raw[0].get(), "{\"b\" : 1.0}");
    }

    #[test]
    fn a_list_is_no_struct() {
        assert!(from_str::<Point>(r#"[1,"a"]"#).is_err());
        assert!(from_str::<Shape>(r#"{"Line":[{"x":1},{"x":2}]}"#).is_err());
    }

    #[test]
    fn nothing_may_follow() {
        assert!(from_str::<u64>("1 2").is_err());
    }
}

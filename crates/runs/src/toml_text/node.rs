//! Node: a value of a parsed document, from which any type can be read.

use std::ops::Range;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_spanned::de::{SpannedDeserializer, is_spanned};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::TomlError;

/// A value, and its bytes in the text.
pub(super) struct Node<'de> {
    value: DeValue<'de>,
    span: Range<usize>,
}

impl<'de> Node<'de> {
    pub(super) fn document(table: Spanned<DeTable<'de>>) -> Self {
        Node {
            span: table.span(),
            value: DeValue::Table(table.into_inner()),
        }
    }

    fn key(key: Spanned<DeString<'de>>) -> Self {
        Node {
            span: key.span(),
            value: DeValue::String(key.into_inner()),
        }
    }

    /// What the type asks for, where the error has no place yet with this one.
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TomlError> {
        match Content::of(self.value)? {
            Content::Borrowed(text) => visitor.visit_borrowed_str(text),
            Content::Owned(text) => visitor.visit_string(text),
            Content::Signed(number) => visitor.visit_i64(number),
            Content::Unsigned(number) => visitor.visit_u64(number),
            Content::Float(number) => visitor.visit_f64(number),
            Content::Boolean(yes) => visitor.visit_bool(yes),
            Content::Array(elements) => visitor.visit_seq(elements),
            Content::Table(fields) => visitor.visit_map(fields),
        }
    }
}

/// A value as types ask for it.
enum Content<'de> {
    Borrowed(&'de str),
    Owned(String),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Array(Elements<'de>),
    Table(Fields<'de>),
}

impl<'de> Content<'de> {
    /// Reads the digits of numbers, for all types that [`Node::visit`] is compiled for.
    fn of(value: DeValue<'de>) -> Result<Self, TomlError> {
        Ok(match value {
            DeValue::String(DeString::Borrowed(text)) => Content::Borrowed(text),
            DeValue::String(DeString::Owned(text)) => Content::Owned(text),
            DeValue::Integer(digits) => {
                let (digits, radix) = (digits.as_str(), digits.radix());
                match i64::from_str_radix(digits, radix) {
                    Ok(number) => Content::Signed(number),
                    Err(_) => match u64::from_str_radix(digits, radix) {
                        Ok(number) => Content::Unsigned(number),
                        Err(_) => return Err(TomlError::custom("this whole number is too large")),
                    },
                }
            }
            DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
                Ok(number) if number.is_finite() || !digits.as_str().contains(char::is_numeric) => {
                    Content::Float(number)
                }
                _ => return Err(TomlError::custom("this number is too large")),
            },
            DeValue::Boolean(yes) => Content::Boolean(yes),
            // No file of this program has dates; a type that wants a text gets it.
            DeValue::Datetime(time) => Content::Owned(time.to_string()),
            DeValue::Array(array) => Content::Array(Elements(array.into_iter())),
            DeValue::Table(table) => Content::Table(Fields::Table {
                entries: table.into_iter(),
                value: None,
            }),
        })
    }
}

impl<'de> From<Spanned<DeValue<'de>>> for Node<'de> {
    fn from(value: Spanned<DeValue<'de>>) -> Self {
        Node {
            span: value.span(),
            value: value.into_inner(),
        }
    }
}

impl<'de> IntoDeserializer<'de, TomlError> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = TomlError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TomlError> {
        let span = self.span.clone();
        self.visit(visitor).map_err(|error| error.or_at(&span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TomlError> {
        let span = self.span.clone();
        let some = visitor.visit_some(self);
        some.map_err(|error| error.or_at(&span))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, TomlError> {
        let span = self.span.clone();
        let inner = visitor.visit_newtype_struct(self);
        inner.map_err(|error| error.or_at(&span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TomlError> {
        if !is_spanned(name) {
            return self.deserialize_any(visitor);
        }
        let span = self.span.clone();
        visitor.visit_map(Fields::Spanned(SpannedDeserializer::new(self, span)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TomlError> {
        let span = self.span.clone();
        let chosen = match self.value {
            DeValue::String(name) => visitor.visit_enum(Variant {
                name: Node {
                    value: DeValue::String(name),
                    span: self.span,
                },
                content: None,
            }),
            DeValue::Table(table) => {
                let entries = table.len();
                match table.into_iter().next() {
                    Some((name, content)) if entries == 1 => visitor.visit_enum(Variant {
                        name: Node::key(name),
                        content: Some(content.into()),
                    }),
                    None => Err(TomlError::custom("the table is empty; give it one key")),
                    Some(_) => Err(TomlError::custom("the table has several keys; keep one")),
                }
            }
            _ => Err(TomlError::custom("this is not a text in quotes or a table")),
        };
        chosen.map_err(|error| error.or_at(&span))
    }

    forward_to_deserialize_any! {
        bool u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64 char str string seq
        bytes byte_buf map unit ignored_any unit_struct tuple_struct tuple identifier
    }
}

/// The elements of an array.
struct Elements<'de>(<toml::de::DeArray<'de> as IntoIterator>::IntoIter);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = TomlError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, TomlError> {
        let element = self.0.next();
        element
            .map(|element| seed.deserialize(Node::from(element)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The fields of a table, or those that a [`Spanned`] is made of: one type, so that structs are
/// compiled once.
enum Fields<'de> {
    Table {
        entries: <DeTable<'de> as IntoIterator>::IntoIter,
        /// That of the key that was read last, and the key's place.
        value: Option<(Range<usize>, Node<'de>)>,
    },
    Spanned(SpannedDeserializer<'de, Node<'de>, TomlError>),
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = TomlError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, TomlError> {
        match self {
            Fields::Table { entries, value } => {
                let Some((key, next)) = entries.next() else {
                    return Ok(None);
                };
                *value = Some((key.span(), next.into()));
                seed.deserialize(Node::key(key)).map(Some)
            }
            Fields::Spanned(fields) => fields.next_key_seed(seed),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, TomlError> {
        match self {
            Fields::Table { value, .. } => {
                let (key, value) = value.take().expect("a key comes before its value");
                let value = seed.deserialize(value);
                value.map_err(|error| error.or_at(&key))
            }
            Fields::Spanned(fields) => fields.next_value_seed(seed),
        }
    }
}

/// A variant of an enum: its name, or a table with its name and content.
struct Variant<'de> {
    name: Node<'de>,
    content: Option<Node<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = TomlError;
    type Variant = VariantContent<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, VariantContent<'de>), TomlError> {
        let name = seed.deserialize(self.name)?;
        Ok((name, VariantContent(self.content)))
    }
}

/// What belongs to a variant.
struct VariantContent<'de>(Option<Node<'de>>);

impl<'de> VariantContent<'de> {
    fn wanted<T>(
        self,
        read: impl FnOnce(Node<'de>) -> Result<T, TomlError>,
    ) -> Result<T, TomlError> {
        match self.0 {
            Some(node) => read(node),
            None => Err(TomlError::invalid_type(
                Unexpected::UnitVariant,
                &"a variant with a value",
            )),
        }
    }
}

impl<'de> VariantAccess<'de> for VariantContent<'de> {
    type Error = TomlError;

    fn unit_variant(self) -> Result<(), TomlError> {
        match self.0 {
            None => Ok(()),
            Some(node) => match node.value {
                DeValue::Table(table) if table.is_empty() => Ok(()),
                _ => Err(TomlError::custom("this table should be empty").or_at(&node.span)),
            },
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, TomlError> {
        self.wanted(|node| seed.deserialize(node))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, TomlError> {
        self.wanted(|node| node.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TomlError> {
        self.wanted(|node| node.deserialize_struct("", fields, visitor))
    }
}

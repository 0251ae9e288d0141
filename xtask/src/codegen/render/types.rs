//! Models and open enums.

use quote::quote;

use super::{Construction, File, construction, field_type, ident, imports, in_crate, type_items};
use crate::codegen::docs;
use crate::codegen::emit::Item;
use crate::codegen::ir::{Api, Enum, Field, Model, Presence, Type, TypesFile};

pub fn file(api: &Api, file: &TypesFile) -> File {
    let mut items = imports(None, std::iter::empty(), &file.types);
    items.extend(file.types.iter().flat_map(type_items));
    in_crate(api, &format!("types/{}.rs", file.name), &file.spec_path, &[], &items)
}

pub fn model(model: &Model) -> Vec<Item> {
    let (docs, name) = (docs::attributes(&docs::model(model)), ident(&model.name));
    let fields = model.fields.iter().map(|field| {
        let (docs, name) = (docs::attributes(&docs::field(field)), ident(&field.rust));
        let (serde, ty) = (serde_attribute(field), field_type(field));
        quote!(#docs #serde pub #name: #ty)
    });
    let default = model.fields.iter().all(has_default).then(|| quote!(Default,));
    let declaration = quote! {
        #docs
        #[derive(Debug, Clone, #default PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct #name { #(#fields),* }
    };
    let mut items = vec![Item::Tokens(declaration)];
    if model.in_requests {
        let fields: Vec<&Field> = model.fields.iter().collect();
        let Construction { required, new, setters } = construction(&model.name, &fields);
        items.extend(required.map(Item::Tokens));
        items.push(Item::Tokens(quote!(impl #name { #new #setters })));
    }
    items
}

/// A default value would lack what is required, and would make up an enum or a model.
fn has_default(field: &Field) -> bool {
    let is_made_up = matches!(field.ty, Type::Named(_) | Type::Json);
    !field.required && (field.presence != Presence::Always || !is_made_up)
}

fn serde_attribute(field: &Field) -> Option<proc_macro2::TokenStream> {
    let wire = &field.wire;
    let rename = (field.rust != field.wire).then(|| quote!(rename = #wire));
    let absent = match field.presence {
        Presence::Always => None,
        Presence::Optional => Some(quote!(skip_serializing_if = "Option::is_none")),
        // Who requires a list wants to see an empty one as well.
        Presence::Empty if field.required => Some(quote!(default)),
        Presence::Empty => {
            let is_empty = match field.ty {
                Type::Map(_) => "BTreeMap::is_empty",
                _ => "Vec::is_empty",
            };
            Some(quote!(default, skip_serializing_if = #is_empty))
        }
    };
    let parts: Vec<_> = rename.into_iter().chain(absent).collect();
    (!parts.is_empty()).then(|| quote!(#[serde(#(#parts),*)]))
}

/// The call of the macro is laid out here: no formatter looks inside of macros.
pub fn open_enum(docs: &[String], def: &Enum) -> Item {
    let mut text = String::from("openplat_core::string_enum! {\n");
    if def.ignore_case {
        text.push_str("    ignore_case\n");
    }
    text.push_str(&docs::comments(docs, "    "));
    text.push_str(&format!("    pub enum {} {{\n", def.name));
    for variant in &def.variants {
        text.push_str(&docs::comments(&docs::paragraph(&variant.doc), "        "));
        text.push_str(&format!("        {} = {:?},\n", variant.rust, variant.value));
    }
    text.push_str("    }\n}\n");
    Item::Text(text)
}

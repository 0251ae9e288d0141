//! The error codes of a platform.

use super::sentence;
use crate::codegen::diagnostic::{Diagnostic, Diagnostics};
use crate::codegen::ir::CommonCode;
use crate::codegen::load::Sourced;
use crate::codegen::source::Pointer;
use crate::codegen::spec;

/// Returns the codes that any operation of a platform can respond with, sorted.
pub fn common_codes(
    specs: &Sourced<spec::Codes>,
    diagnostics: &mut Diagnostics,
) -> Vec<CommonCode> {
    let Sourced { spec, document } = specs;
    let root = Pointer::default().join("codes");
    for (code, spec) in &spec.codes {
        let sentences = [("doc", spec.doc.as_deref()), ("advice", Some(spec.advice.as_str()))];
        for (key, text) in sentences {
            if let Some(problem) = text.and_then(sentence::problem) {
                let place = document.value(&root.join(code).join(key));
                diagnostics.push(Diagnostic::at(place, problem.to_owned()).hint(sentence::HINT));
            }
        }
    }
    let codes = spec.codes.iter().map(|(code, spec)| CommonCode {
        code: code.clone(),
        http: spec.http,
        kind: spec.kind,
        doc: spec.doc.clone().unwrap_or_default(),
        advice: spec.advice.clone(),
    });
    codes.collect()
}

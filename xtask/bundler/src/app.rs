//! The app's WebAssembly, and the script that loads it.

use std::path::Path;

use anyhow::{Context, Result};
use walrus::{FunctionBuilder, FunctionKind, Module, passes};
use wasm_bindgen_cli_support::Bindgen;

/// What the framework can do and this app never asks for: hydrating pages piece by piece, and from
/// templates. Views of erased types reach it by tables of functions, so no compiler can tell.
const NEVER_CALLED: [&str; 2] = ["::hydrate_async", "::hydrate_from_template"];

pub struct App {
    pub script: Vec<u8>,
    pub wasm: Vec<u8>,
    /// Scripts that crates bring along, by their path beside `script`, which imports them.
    pub snippets: Vec<(String, Vec<u8>)>,
}

/// Generates what `wasm-bindgen --target web` would. The script asks its caller where the
/// WebAssembly is: `init({ module_or_path: … })`.
pub fn generate(compiled: &Path) -> Result<App> {
    let mut output = Bindgen::new()
        .input_path(compiled)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("no bindings can be made for {}", compiled.display()))?;
    let mut snippets = Vec::new();
    for (folder, scripts) in output.snippets() {
        for (number, script) in scripts.iter().enumerate() {
            snippets.push((
                format!("snippets/{folder}/inline{number}.js"),
                script.clone().into_bytes(),
            ));
        }
    }
    for (path, script) in output.local_modules() {
        snippets.push((format!("snippets/{path}"), script.clone().into_bytes()));
    }
    snippets.sort();
    leave_out(output.wasm_mut(), &NEVER_CALLED);
    Ok(App {
        script: output.js().as_bytes().to_vec(),
        wasm: output.wasm_mut().emit_wasm(),
        snippets,
    })
}

/// Puts a trap in the place of each function with one of these in its name, and removes all that only
/// they used.
fn leave_out(module: &mut Module, names: &[&str]) {
    let never_called: Vec<_> = module
        .funcs
        .iter_local()
        .filter(|(id, _)| {
            let name = module.funcs.get(*id).name.as_deref().unwrap_or_default();
            names.iter().any(|part| name.contains(part))
        })
        .map(|(id, function)| (id, function.ty()))
        .collect();
    for (id, kind) in never_called {
        let kind = module.types.get(kind);
        let (parameters, results) = (kind.params().to_vec(), kind.results().to_vec());
        let arguments = parameters.iter().map(|it| module.locals.add(*it)).collect();
        let mut trap = FunctionBuilder::new(&mut module.types, &parameters, &results);
        trap.func_body().unreachable();
        module.funcs.get_mut(id).kind = FunctionKind::Local(trap.local_func(arguments));
    }
    passes::gc::run(module);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_called_goes_with_all_that_only_it_used() {
        let mut module = Module::default();
        let mut add = |name: &str, calls: Option<walrus::FunctionId>| {
            let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
            function.name(name.to_owned());
            if let Some(called) = calls {
                function.func_body().call(called);
            }
            function.finish(Vec::new(), &mut module.funcs)
        };
        let used_by_it = add("app::used_by_it", None);
        let never = add("view::hydrate_async::h1", Some(used_by_it));
        let shared = add("app::shared", None);
        let start = add("app::start", Some(shared));
        module.exports.add("table", never);
        module.exports.add("start", start);

        leave_out(&mut module, &["::hydrate_async"]);

        let mut left: Vec<_> = module
            .funcs
            .iter()
            .filter_map(|it| it.name.clone())
            .collect();
        left.sort();
        assert_eq!(
            left,
            ["app::shared", "app::start", "view::hydrate_async::h1"]
        );
        let trap = module.funcs.get(never).kind.unwrap_local();
        assert!(trap.block(trap.entry_block()).instrs[0].0.is_unreachable());
    }
}

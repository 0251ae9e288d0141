//! Mistakes that do not compile, and what the compiler says about them.

/// Compilers word their messages differently, so one version is compared with.
#[rustversion::stable(1.95)]
#[test]
#[ignore = "compiles every dependency again, which takes minutes; CI runs it"]
fn mistakes_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("compile_fail/*.rs");
    cases.pass("compile_fail/right/*.rs");
}

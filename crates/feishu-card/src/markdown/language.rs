//! Languages that the platform colors.

/// Returns the platform's name of a language, in any case of letters. `None` for one that it does
/// not color.
pub(super) fn language(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, language)| *language);
    alias.or_else(|| LANGUAGES.into_iter().find(|language| *language == name))
}

/// The names that the platform documents.
#[rustfmt::skip]
const LANGUAGES: [&str; 69] = [
    "abap", "ada", "apache", "apex", "assembly", "bash", "c", "c_sharp", "cmake", "cobol",
    "coffee_script", "cpp", "css", "d", "dart", "delphi", "diff", "django", "docker_file", "erlang",
    "fortran", "gherkin", "go", "graphql", "groovy", "haskell", "html", "htmlbars", "http", "java",
    "javascript", "json", "julia", "kotlin", "latex", "lisp", "lua", "makefile", "markdown",
    "matlab", "nginx", "objective_c", "opengl_shading_language", "perl", "php", "plain_text",
    "powershell", "prolog", "properties", "protobuf", "python", "r", "ruby", "rust", "sas", "scala",
    "scheme", "scss", "shell", "solidity", "sql", "swift", "thrift", "toml", "typescript",
    "vbscript", "visual_basic", "xml", "yaml",
];

/// Names that texts use, with those that the platform has for them.
#[rustfmt::skip]
const ALIASES: [(&str, &str); 38] = [
    ("c#", "c_sharp"), ("c++", "cpp"), ("console", "shell"), ("cs", "c_sharp"),
    ("csharp", "c_sharp"), ("docker", "docker_file"), ("dockerfile", "docker_file"),
    ("golang", "go"), ("h", "c"), ("hpp", "cpp"), ("ini", "properties"), ("js", "javascript"),
    ("jsonc", "json"), ("jsx", "javascript"), ("kt", "kotlin"), ("make", "makefile"),
    ("md", "markdown"), ("mjs", "javascript"), ("objc", "objective_c"), ("pl", "perl"),
    ("plain", "plain_text"), ("plaintext", "plain_text"), ("proto", "protobuf"),
    ("ps1", "powershell"), ("py", "python"), ("python3", "python"), ("rb", "ruby"), ("rs", "rust"),
    ("sh", "shell"), ("shell-session", "shell"), ("tex", "latex"), ("text", "plain_text"),
    ("ts", "typescript"), ("tsx", "typescript"), ("txt", "plain_text"), ("vb", "visual_basic"),
    ("yml", "yaml"), ("zsh", "shell"),
];

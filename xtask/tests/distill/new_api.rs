//! The place for another API, and the way from pages to calls.

use std::process::Command;

use super::fresh::{page, table};
use super::lab::{Lab, workspace};

const MANIFEST: &str = "[workspace.package]\nversion = \"0.1.0\"\n\n[workspace.dependencies]\n";

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("Cargo.toml", MANIFEST);
    lab.write("tests/Cargo.toml", "[dev-dependencies]\n");
    lab.write("LICENSE-MIT", "as you like\n");
    lab.write("LICENSE-APACHE", "as you like as well\n");
    lab
}

#[test]
fn the_crate_and_its_specs_are_made() {
    let lab = lab();
    let run = lab.xtask(&["new-api", "feishu-dock", "--vendor", "feishu"]);
    assert!(run.ok, "{}", run.err);
    let dependency = r#"feishu-dock = { version = "0.1.0", path = "crates/feishu-dock" }"#;
    assert!(lab.read("Cargo.toml").contains(dependency));
    assert!(lab.read("tests/Cargo.toml").contains("feishu-dock = { workspace = true"));
    let manifest = lab.read("crates/feishu-dock/Cargo.toml");
    assert!(manifest.contains(r#"features = ["feishu"]"#));
    assert!(manifest.contains("\nevents = [\"openplat-core/events\"]\n"));
    assert!(lab.read("tests/Cargo.toml").contains(r#"features = ["events", "examples"]"#));
    for file in ["specs/feishu-dock/api.json", "crates/feishu-dock/src/lib.rs"] {
        assert!(run.out.contains(&format!("   add {file}\n")) && lab.path(file).is_file());
    }
    assert!(!lab.read("crates/feishu-dock/src/lib.rs").contains("::events"));
    let run = lab.xtask(&["new-api", "dingtalk-dock", "--vendor", "dingtalk"]);
    assert!(run.ok, "{}", run.err);
    let library = lab.read("crates/dingtalk-dock/src/lib.rs");
    assert!(library.contains("#[cfg(feature = \"events\")]\npub use openplat_core::events;\n"));
    // What a package has to hold, since nothing of the root travels with it.
    assert!(manifest.contains("\nkeywords = [\"feishu\", \"lark\", \"sdk\"]\n"));
    assert!(manifest.contains("\n[package.metadata.docs.rs]\nall-features = true\n"));
    assert!(lab.read("crates/feishu-dock/README.md").starts_with("# feishu-dock\n"));
    assert_eq!(lab.read("crates/feishu-dock/LICENSE-MIT"), lab.read("LICENSE-MIT"));
    assert_eq!(lab.read("crates/feishu-dock/LICENSE-APACHE"), lab.read("LICENSE-APACHE"));
    let again = lab.xtask(&["new-api", "feishu-dock", "--vendor", "dingtalk"]);
    assert!(!again.ok && again.err.contains("specs/feishu-dock already exists"), "{}", again.err);
}

#[test]
fn names_that_no_crate_can_have_are_refused() {
    for name in ["", "Dock", "dock_x", "1dock", "dock-", "a/b", "../dock", "type", "dock x", "码头"]
    {
        let lab = lab();
        let run = lab.xtask(&["new-api", name, "--vendor", "feishu"]);
        assert!(
            !run.ok && run.err.contains("cannot be the name of a crate"),
            "{name}: {}",
            run.err
        );
        assert_eq!(lab.read("Cargo.toml"), MANIFEST);
        assert!(!lab.path("specs").exists() && !lab.path("crates").exists(), "{name}");
    }
}

#[test]
fn all_is_made_or_nothing() {
    let lab = lab();
    // In the place of a folder that the crate needs.
    lab.write("crates", "a file");
    let run = lab.xtask(&["new-api", "feishu-dock", "--vendor", "feishu"]);
    assert!(!run.ok && run.err.contains("nothing was written"), "{}", run.err);
    assert_eq!(lab.read("Cargo.toml"), MANIFEST);
    assert_eq!(lab.read("tests/Cargo.toml"), "[dev-dependencies]\n");
    assert!(!lab.path("specs").exists());

    std::fs::remove_file(lab.path("crates")).unwrap();
    let run = lab.xtask_with_small_files(1, &["new-api", "feishu-dock", "--vendor", "feishu"]);
    assert!(!run.ok && run.err.ends_with("\n\nnothing was written\n"), "{}", run.err);
    assert_eq!(lab.read("Cargo.toml"), MANIFEST);
    assert!(!lab.path("specs").exists() && !lab.path("crates").exists());
}

#[test]
fn a_manifest_that_lacks_what_is_needed_is_an_error() {
    for (path, text, said) in [
        ("Cargo.toml", "[workspace.dependencies]\n", "no `workspace.package.version`"),
        ("Cargo.toml", "[workspace.package]\nversion = \"0.1.0\"\n", "no table of dependencies"),
        ("Cargo.toml", "[workspace", "Cargo.toml: TOML parse error"),
        ("tests/Cargo.toml", "", "tests/Cargo.toml has no table of dependencies"),
    ] {
        let lab = lab();
        lab.write(path, text);
        let run = lab.xtask(&["new-api", "feishu-dock", "--vendor", "feishu"]);
        assert!(!run.ok && run.err.contains(said), "{said}: {}", run.err);
        assert!(run.err.starts_with("error: ") && run.err.contains("nothing was written"));
        assert!(!lab.path("specs").exists() && !lab.path("crates").exists(), "{said}");
    }
}

fn pages(lab: &Lab) {
    let query = table(
        "查询参数",
        &["lang | string | 否 | 语言<br>**可选值有**：<br>- `zh`：中<br>- `en`：英"],
    );
    let path = table("路径参数", &["dock_id | string | 是 | 码头"]);
    let body = table(
        "请求体",
        &[
            "name | string | 是 | 名称",
            "note | string | 是 | 备注",
            "level | int | 否 | 等级<br>**可选值有**：<br>- `1`：一<br>- `2`：二",
            "crew | object[] | 否 | 人员",
            "└ type | string | 是 | 类型",
            "└ dock_id | string | 否 | 码头",
        ],
    );
    let answer = "## 响应\n\n### 响应体示例\n\n```json\n{\"code\":0,\"msg\":\"ok\",\"data\":{\"dock\":{\"dock_id\":\"d1\",\
                  \"size\":3,\"tags\":[\"a\"]}}}\n```\n\n### 错误码\n\n| HTTP状态码 | 错误码 | 描述 | 排查建议 |\n\
                  | --- | --- | --- | --- |\n| 400 | 7001 | bad | 检查 |\n";
    lab.write("pages/get.md", page("GET", "/docks/:dock_id", &format!("{path}{query}{answer}")));
    lab.write("pages/create.md", page("POST", "/docks", &format!("{body}{answer}")));
    lab.write("pages/tide.md", include_str!("../pages/tide_get.md"));
    lab.write("pages/crane.md", include_str!("../pages/crane_move.md"));
}

#[test]
#[ignore = "compiles a workspace, which takes minutes; CI runs it"]
fn four_commands_lead_from_pages_to_calls() {
    let lab = Lab::new();
    lab.copy_workspace();
    pages(&lab);
    for command in [
        &["new-api", "feishu-dock", "--vendor", "feishu"][..],
        &["distill", "pages", "--api", "feishu-dock", "--write"],
        &["codegen"],
    ] {
        let run = lab.xtask(command);
        assert!(run.ok, "{command:?}: {}", run.err);
    }
    let check = lab.xtask(&["codegen", "--check"]);
    assert!(!check.ok && check.err.contains("sentences are missing"), "{}", check.err);
    let tests = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--package", "openplat-tests", "--lib", "feishu_dock"])
        .current_dir(lab.path(""))
        .env("CARGO_TARGET_DIR", workspace().join("target/apart/new-api"))
        .env("RUSTFLAGS", "-D warnings")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&tests.stdout);
    assert!(tests.status.success(), "{out}{}", String::from_utf8_lossy(&tests.stderr));
    assert!(!out.contains("running 0 tests"), "{out}");
}

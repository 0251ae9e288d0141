//! Tests in a process of their own, with other environment variables.

use std::process::Command;

const MARK: &str = "OPENPLAT_TEST_WITH_ENVIRONMENT";

/// Returns `true` in a process that has `variables`, in which the test can go on. In any other,
/// runs `test` in such a process, and checks that it passes.
pub(super) fn has(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var(MARK).is_ok_and(|name| name == test) {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).env(MARK, test);
    for name in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}

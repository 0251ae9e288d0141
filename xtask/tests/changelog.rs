//! `CHANGELOG.md`: entries that are added, and releases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use xtask::changelog::{Changelog, Entry, Heading};

const TEXT: &str = "\
# Changelog

All crates share one version.

## Unreleased

### Added

- `harbor`: the operation `dock.v1.dock.create`,
  with a second line.

### Fixed

- `harbor`: ships that sank.

## 0.1.0 - 2026-01-31

### Added

- Everything.
";

fn parse(text: &str) -> Changelog {
    Changelog::parse(text).unwrap()
}

fn entry(heading: Heading, text: &str) -> Entry {
    let crate_name = Some("harbor".to_owned());
    Entry { heading, is_breaking: false, crate_name, text: text.to_owned() }
}

fn names(changelog: &Changelog, crate_name: &str, subject: &str) -> bool {
    changelog.naming(crate_name, subject).next().is_some()
}

#[test]
fn a_changelog_stays_as_it_is_read() {
    assert_eq!(parse(TEXT).to_string(), TEXT);
    let empty = "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-01-31\n\n- Everything.\n";
    assert_eq!(parse(empty).to_string(), empty);
    let first = "# Changelog\n\n## Unreleased\n\nA first release.\n\n### Added\n\n- Everything.\n";
    assert_eq!(parse(first).to_string(), first);
}

#[test]
fn our_changelog_stays_as_it_is_read() {
    let ours = include_str!("../../CHANGELOG.md");
    assert_eq!(parse(ours).to_string(), ours);
}

#[test]
fn entries_go_under_their_headings_in_the_order_of_keep_a_changelog() {
    let mut changelog = parse(TEXT);
    changelog.add(&entry(Heading::Removed, "the operation `dock.v1.dock.sink`"));
    changelog.add(&entry(Heading::Added, "piers"));
    changelog.add(&entry(Heading::Security, "guards"));
    changelog.add(&entry(
        Heading::Changed,
        "the name of the dock, which is now as long as \
        a name can be before it has to be continued on the line below",
    ));
    assert_eq!(
        changelog.unreleased(),
        "\
### Added

- `harbor`: the operation `dock.v1.dock.create`,
  with a second line.
- `harbor`: piers.

### Changed

- `harbor`: the name of the dock, which is now as long as a name can be before it has to be
  continued on the line below.

### Removed

- `harbor`: the operation `dock.v1.dock.sink`.

### Fixed

- `harbor`: ships that sank.

### Security

- `harbor`: guards."
    );
}

#[test]
fn an_entry_is_added_once() {
    let mut changelog = parse(TEXT);
    changelog.add(&entry(Heading::Fixed, "ships that sank"));
    assert_eq!(changelog.to_string(), TEXT);
}

#[test]
fn subjects_are_named_alone_or_by_the_whole_id() {
    let changelog = parse(TEXT);
    for named in ["dock.create", "dock.v1.dock.create", "harbor"] {
        assert!(names(&changelog, "harbor", named), "{named}");
    }
    for other in ["create_dock", "ock.create", "dock", "ships"] {
        assert!(!names(&changelog, "harbor", other), "{other}");
    }
    assert!(!names(&changelog, "quay", "dock.create"));
    // Each entry stands for itself, and what was released is no news.
    let other = parse("## Unreleased\n\n- `quay`: new.\n- `harbor`: `dock.create`.\n");
    assert!(!names(&other, "quay", "dock.create"));
    let released = parse("## Unreleased\n\n## 0.1.0\n\n- `quay`: `dock.create`.\n");
    assert!(!names(&released, "quay", "dock.create"));
}

#[test]
fn a_release_takes_what_was_unreleased_with_its_version_and_date() {
    let text = parse(TEXT).release("0.2.0", "2026-11-28").unwrap();
    let dated = TEXT.replace("## Unreleased", "## Unreleased\n\n## 0.2.0 - 2026-11-28");
    assert_eq!(text, dated);
    assert!(parse(&text).is_empty());

    let first = parse("# Changelog\n\n## Unreleased\n\n### Added\n\n- Everything.\n");
    assert_eq!(
        first.release("0.1.0", "2026-11-28").unwrap(),
        "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-11-28\n\n### Added\n\n- Everything.\n"
    );
}

#[test]
fn what_cannot_be_released_says_why() {
    let error = Changelog::parse("# Changelog\n\n## 0.1.0 - 2026-01-31\n").unwrap_err();
    assert!(error.contains("no line `## Unreleased`"), "{error}");
    let error = parse(TEXT).release("0.1.0", "2026-11-28").unwrap_err();
    assert!(error.contains("has a section `## 0.1.0` already"), "{error}");
    let empty = parse("# Changelog\n\n## Unreleased\n\n### Added\n\n## 0.1.0 - 2026-01-31\n");
    let error = empty.release("0.1.1", "2026-11-28").unwrap_err();
    assert!(error.contains("nothing under `## Unreleased`"), "{error}");
}

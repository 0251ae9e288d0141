//! `cargo xtask release`: a release as a commit and a tag. Uploads nothing.

mod commits;
pub mod compatibility;
mod last;
mod versions;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use semver::Version;
use time::OffsetDateTime;

use crate::changelog::{self, Changelog};
use crate::changes::{self, CrateChanges, Verdict};
use crate::console;
use crate::files::{self, Change, slashes};
use crate::git::git;
use crate::shell;
use crate::target::{remove, target};

pub use self::last::{Release, last_release};

const BRANCH: &str = "main";

/// Packages and builds each crate as it would be uploaded, in the order of their dependencies.
pub const PUBLISH: &str = "CARGO_TARGET_DIR=target/apart \
    cargo publish --workspace --dry-run --allow-dirty --locked";

/// The release to prepare.
#[derive(Args)]
pub struct Options {
    /// The version, such as `0.2.0`
    version: String,
    /// Check whether the release can be made and print it, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Set the version and nothing else, in a change that breaks programs
    #[arg(long, conflicts_with = "dry_run")]
    only_version: bool,
}

/// Prepares a release and prints what is left to do, or sets the version alone.
///
/// # Errors
///
/// Returns all reasons why the release cannot be made. The checkout is as it was then, unless the error
/// says which files were written.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    let nothing_changed = |why: String| format!("{why}\n\nnothing was changed");
    let version = versions::parse(&options.version).map_err(nothing_changed)?;
    if !options.only_version {
        let text = release(root, &version, options.dry_run).map_err(nothing_changed)?;
        return console::print(&text);
    }
    let changes = new_version(root, &version).map_err(nothing_changed)?;
    if changes.is_empty() {
        return console::print(&format!("the version is {version} already\n"));
    }
    files::apply(root, &changes).map_err(|error| error.to_string())?;
    let lines = changes.iter().map(|change| format!("{change}\n"));
    console::print(&lines.collect::<String>())
}

fn new_version(root: &Path, version: &Version) -> Result<Vec<Change>, String> {
    match last_release(root)?.and_then(|last| too_old(version, &last)) {
        Some(why) => Err(why),
        None => versions::changes(root, version),
    }
}

/// Returns what to print once the release is made.
fn release(root: &Path, version: &Version, dry_run: bool) -> Result<String, String> {
    let last = last_release(root)?;
    let mut problems = obstacles(root, version, last.as_ref())?;
    let news = last.as_ref().map(|last| News::since(root, last)).transpose()?.unwrap_or_default();
    match last.as_ref().and_then(|last| news.verdict(last)) {
        Some((least, why)) if *version < least => {
            problems.push(format!("{version} is too low: {why}"));
        }
        Some((_, why)) => console::print(&format!("{why}\n\n"))?,
        None => {}
    }
    problems.extend(news.unclear());
    let worktree = Worktree::of(root)?;
    let section = match worktree.draft(version, &news) {
        Ok(section) if problems.is_empty() => section,
        draft => {
            problems.extend(draft.err());
            return Err(problems.join("\n\n"));
        }
    };
    if let Some(last) = &last {
        compatibility::check(root, last, version)?;
    }
    worktree.publish_dry()?;
    if dry_run {
        return Ok(format!(
            "\n{version} can be released; nothing was changed, since this is a dry run\n"
        ));
    }
    let tag = worktree.commit(version, &section)?;
    Ok(format!(
        "\nprepared {version}: a commit and the tag {tag}; nothing was uploaded\n\n\
         next:\n  git push --atomic origin {BRANCH} {tag}\n  cargo publish --workspace\n\n\
         to undo it instead:\n  git tag --delete {tag}\n  git reset --keep HEAD~1\n"
    ))
}

/// Returns what keeps a version from being released, apart from what changed since the last one.
fn obstacles(
    root: &Path,
    version: &Version,
    last: Option<&Release>,
) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let changed = git(root, &["status", "--porcelain"])?;
    if !changed.is_empty() {
        found.push(format!("the checkout has changes that are not committed:\n{changed}"));
    }
    found.extend(other_branch(root)?);
    let mut names = ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"].into_iter();
    if let Some(why) = names.find_map(|name| git(root, &["var", name]).err()) {
        found.push(format!("git has no name for the commit: {why}"));
    }
    let tag = format!("v{version}");
    match git(root, &["tag", "--list", &tag])?.is_empty() {
        true => found.extend(last.and_then(|last| too_old(version, last))),
        false => found.push(format!("the tag {tag} exists")),
    }
    let set = versions::packages(root)?.into_iter().map(|package| package.version).max();
    match set {
        None => found.push("the workspace has no crate that is published".to_owned()),
        Some(set) if set > *version => {
            found.push(format!("{version} is lower than the version in `Cargo.toml`, {set}"));
        }
        Some(_) => {}
    }
    Ok(found)
}

fn other_branch(root: &Path) -> Result<Option<String>, String> {
    let branch = git(root, &["rev-parse", "--abbrev-ref", "HEAD"])?;
    let is_other = branch != BRANCH;
    Ok(is_other.then(|| format!("releases are made on `{BRANCH}`, and this is `{branch}`")))
}

fn too_old(version: &Version, last: &Release) -> Option<String> {
    (*version < last.version)
        .then(|| format!("{version} is lower than the last release, {}", last.version))
}

/// The changes since the last release. There are none before the first one, whose changelog is written
/// by hand.
#[derive(Default)]
struct News {
    crates: Vec<CrateChanges>,
    commits: Vec<commits::Commit>,
    /// The reasons why some specs could not be compared.
    faults: Vec<String>,
}

impl News {
    fn since(root: &Path, last: &Release) -> Result<Self, String> {
        let changes::Changes { crates, faults } = changes::since(root, &last.tag)?;
        let commits = commits::since(root, &last.tag, &versions::packages(root)?)?;
        Ok(Self { crates, commits, faults })
    }

    /// Says which commits do not tell what they changed, if any.
    fn unclear(&self) -> Option<String> {
        let unclear = self.commits.iter().filter(|commit| commit.is_unclear);
        let subjects: String = unclear.map(|commit| format!("\n- {}", commit.subject)).collect();
        (!subjects.is_empty()).then(|| {
            format!(
                "the subjects of these commits have no type, such as `fix: `, so say in {} what they \
                 changed, and commit that:{subjects}",
                changelog::PATH
            )
        })
    }

    /// Returns the least version that may have the changes, if there are any, and says which of them
    /// ask for it.
    fn verdict(&self, last: &Release) -> Option<(Version, String)> {
        let crates = self.crates.iter().map(|of| {
            let change = of.changes.iter().find(|change| change.is_breaking());
            let change = change.or(of.changes.first());
            let said = change.map(|change| format!(", such as {} {}", change.file, change.said()));
            (of.verdict, format!("the specs of `{}`{}", of.crate_name, said.unwrap_or_default()))
        });
        let commits = self.commits.iter();
        let commits = commits.map(|commit| (commit.verdict, format!("`{}`", commit.subject)));
        let reasons: Vec<_> = crates.chain(commits).collect();
        let verdict = reasons.iter().map(|(verdict, _)| *verdict).max()?;
        let least = changes::next(&last.version, verdict);
        let reasons = reasons.into_iter().filter(|(of, _)| *of == verdict);
        let reasons: String = reasons.map(|(_, reason)| format!("\n- {reason}")).collect();
        let what = match verdict {
            Verdict::Breaking => "break programs",
            Verdict::Additive => "add to the crates",
            Verdict::Patch => "touch the crates",
        };
        let text = format!("these changes {what}, and ask for {least}:{reasons}");
        Some((least, text))
    }
}

/// A checkout of its own, in which the release is put together, so that a failure or an interrupt leaves
/// the real one as it was.
struct Worktree<'a> {
    root: &'a Path,
    folder: PathBuf,
}

impl<'a> Worktree<'a> {
    fn of(root: &'a Path) -> Result<Self, String> {
        let worktree = Self { root, folder: target(root).join("next-release") };
        // An interrupt may have left one.
        worktree.forget();
        remove(&worktree.folder)?;
        let path = worktree.folder.display().to_string();
        git(root, &["worktree", "add", "--quiet", "--force", "--detach", &path, "HEAD"])?;
        Ok(worktree)
    }

    /// Removes the checkout. At worst, git lists it until the next release.
    fn forget(&self) {
        let path = self.folder.display().to_string();
        drop(git(self.root, &["worktree", "remove", "--force", &path]));
    }

    /// Writes the release and prints it, without committing it. Returns its part of the changelog.
    fn draft(&self, version: &Version, news: &News) -> Result<String, String> {
        let folder = &self.folder;
        let mut changelog = Changelog::read(folder)?;
        let left_out = changelog::specs::record(&news.crates, &mut changelog, None);
        let silent = news.commits.iter().filter(|commit| !commit.is_logged);
        silent.filter_map(|commit| commit.entry.as_ref()).for_each(|entry| changelog.add(entry));
        let today = OffsetDateTime::now_utc().date().to_string();
        let text = changelog.release(&version.to_string(), &today)?;
        fs::write(folder.join(changelog::PATH), text)
            .map_err(|error| format!("{} cannot be written: {error}", changelog::PATH))?;
        let section = changelog.unreleased();

        let changes = versions::changes(folder, version)?;
        files::apply(folder, &changes).map_err(|error| error.source.to_string())?;
        let paths = changes.iter().map(|change| format!("  {}\n", slashes(&change.path)));
        let faults = news
            .faults
            .iter()
            .map(|fault| format!("not compared, so write down by hand what changed: {fault}\n"));
        console::print(&format!(
            "{version} changes:\n  {}\n{}\nits part of the changelog:\n\n{section}\n\n{}{}",
            changelog::PATH,
            paths.collect::<String>(),
            changelog::specs::list(&left_out),
            faults.collect::<String>()
        ))?;
        Ok(section)
    }

    fn publish_dry(&self) -> Result<(), String> {
        let mut publish = shell::command(self.root, PUBLISH);
        publish.current_dir(&self.folder);
        shell::finish(PUBLISH, publish)
    }

    /// Commits the release, moves the branch to it, and tags it.
    fn commit(&self, version: &Version, section: &str) -> Result<String, String> {
        let folder = &self.folder;
        let message = format!("chore(release): {version}");
        let why = "The version of all crates, and what is new since the last one in CHANGELOG.md.";
        git(folder, &["commit", "--quiet", "--all", "--message", &message, "--message", why])?;
        let commit = git(folder, &["rev-parse", "HEAD"])?;
        // The builds took minutes, in which the checkout may have gone to another branch.
        if let Some(why) = other_branch(self.root)? {
            return Err(why);
        }
        let before = git(self.root, &["rev-parse", "HEAD"])?;
        git(self.root, &["merge", "--quiet", "--ff-only", &commit])?;

        // Last, so that an interrupt leaves no tag of what is not on the branch.
        let tag = format!("v{version}");
        let text = format!("{version}\n\n{section}");
        // Headings of Markdown are no comments.
        let args = ["tag", "--annotate", "--cleanup=whitespace", "--message", &text, &tag, &commit];
        let Err(why) = git(self.root, &args) else { return Ok(tag) };
        match git(self.root, &["reset", "--quiet", "--keep", &before]) {
            Ok(_) => Err(why),
            Err(other) => Err(format!(
                "{why}\n\nthe commit is still on `{BRANCH}`: {other}\n\n\
                 run `git reset --keep {before}`; apart from that commit"
            )),
        }
    }
}

impl Drop for Worktree<'_> {
    fn drop(&mut self) {
        self.forget();
    }
}

//! Facts in the description of a parameter, in addition to its sentences: examples, defaults,
//! limits and lists of values, in all the ways pages write them.

use serde_json::Number;

use super::facts::NamedValue;
use super::vocabulary::{self, Mark};
use super::words;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Rules {
    pub(super) gloss: String,
    pub(super) example: Option<String>,
    pub(super) default: Option<String>,
    pub(super) min: Option<Number>,
    pub(super) max: Option<Number>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) values: Vec<NamedValue>,
    /// The values are in a sentence or in a list without an announcement.
    pub(super) values_in_prose: bool,
    /// The default is in a sentence.
    pub(super) default_in_prose: bool,
    /// The description says that the parameter must be sent.
    pub(super) required: bool,
}

/// Reads a description.
pub(super) fn read(cell: &str) -> Rules {
    let text = words::lines_of(cell).replace("**", "").replace("==", "");
    let mut rules = Rules { required: says_required(&text), ..Rules::default() };
    let marks = marks(&text);
    let end = marks.first().map_or(text.len(), |mark| mark.0);
    let intro = &text[..end];
    let mut gloss = vec![intro.to_owned()];
    for (index, (start, content, mark)) in marks.iter().enumerate() {
        let end = marks.get(index + 1).map_or(text.len(), |next| next.0);
        let body = &text[*content..end];
        if let Some(rest) = rules.take(*mark, body) {
            gloss.push(rest);
        } else if matches!(mark, Mark::Note | Mark::Values | Mark::Range) {
            gloss.push(text[*start..end].to_owned());
        }
    }
    if rules.values.is_empty() {
        rules.values = prose_values(&words::links(intro));
        rules.values_in_prose = !rules.values.is_empty();
    }
    if rules.default.is_none() {
        rules.default = prose_default(&text);
        rules.default_in_prose = rules.default.is_some();
    }
    rules.gloss = words::gloss(&gloss.join(" "));
    rules
}

/// Reads a cell as what follows an announcement, since the head of its column is one.
pub(super) fn read_announced(mark: Mark, cell: &str) -> Rules {
    let list = vocabulary::MARKS.iter().find(|(found, _)| *found == mark);
    let word = list.and_then(|(_, words)| vocabulary::each(words).next()).unwrap_or_default();
    read(&format!("{word}：{cell}"))
}

/// Whether it is said without a `not` and without a condition before it.
fn says_required(text: &str) -> bool {
    let is_turned = |before: &str| {
        vocabulary::each(vocabulary::BUT_NOT).any(|word| before.trim_end().ends_with(word))
    };
    let mut words = vocabulary::each(vocabulary::MAY_HAVE_TO_BE_SENT);
    vocabulary::contains(text, vocabulary::MUST_BE_SENT)
        || words.any(|word| text.match_indices(word).any(|(at, _)| !is_turned(&text[..at])))
}

/// Returns the start of each announcement, the start of its content, and its kind.
fn marks(text: &str) -> Vec<(usize, usize, Mark)> {
    let mut found: Vec<(usize, usize, Mark)> = Vec::new();
    let lists = vocabulary::MARKS.iter();
    let words =
        lists.flat_map(|(mark, words)| vocabulary::each(words).map(move |word| (word, mark)));
    for (word, mark) in words {
        for (start, _) in text.match_indices(word) {
            if let Some(content) = content_of(text, start, start + word.len(), *mark) {
                found.push((start, content, *mark));
            }
        }
    }
    // The longest announcement at a place wins, and none starts inside of another.
    found.sort_by_key(|(start, content, _)| (*start, std::cmp::Reverse(*content)));
    let mut end = 0;
    found.retain(|(start, content, _)| {
        let keep = *start >= end;
        if keep {
            end = *content;
        }
        keep
    });
    found
}

/// Returns the start of the content, if the word is an announcement at all: most need a colon,
/// limits a number.
fn content_of(text: &str, start: usize, end: usize, mark: Mark) -> Option<usize> {
    let before = text[..start].chars().next_back();
    let latin = text[start..].starts_with(|c: char| c.is_ascii());
    if latin && before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') || before == Some('`')
    {
        return None;
    }
    let after = text[end..].trim_start_matches([' ', '\u{a0}', '*']);
    let content = text.len() - after.len();
    let limit = matches!(
        mark,
        Mark::MaxLength | Mark::MinLength | Mark::Max | Mark::Min | Mark::Range | Mark::LengthRange
    );
    // A sentence has this word, too.
    let is_list = after.strip_prefix(':').is_some_and(|list| list.trim_start().starts_with('['));
    if mark == Mark::Values && &text[start..end] == "values" && !is_list {
        return None;
    }
    let mut chars = after.chars();
    match chars.next() {
        Some(colon @ (':' | '：')) => Some(content + colon.len_utf8()),
        Some('为' | '是') if limit && number(after).is_some_and(|(_, at)| at < 8) => {
            Some(content)
        }
        Some('i')
            if limit && after.starts_with("is ") && number(after).is_some_and(|(_, at)| at < 5) =>
        {
            Some(content)
        }
        Some('。') if matches!(mark, Mark::Values) => Some(content + '。'.len_utf8()),
        Some('【') if matches!(mark, Mark::Values) => Some(content),
        Some('\n') if matches!(mark, Mark::Rules | Mark::Values) => Some(content),
        Some(c)
            if limit
                && (c.is_ascii_digit() || matches!(c, '`' | '[' | '【' | '(' | '（'))
                && number(after).is_some() =>
        {
            Some(content)
        }
        _ => None,
    }
}

impl Rules {
    /// Takes what was announced. What is left is text; `None` if nothing could be taken.
    fn take(&mut self, mark: Mark, body: &str) -> Option<String> {
        let first = || body.trim().lines().next().unwrap_or_default();
        match mark {
            Mark::Example => fill(&mut self.example, example(body)),
            Mark::Default => fill(&mut self.default, clean(before_sentence(quoted(first())))),
            Mark::MaxLength => fill(&mut self.max_length, natural(first())),
            Mark::MinLength => fill(&mut self.min_length, natural(first())),
            Mark::Max => fill(&mut self.max, number(first()).map(|found| found.0)),
            Mark::Min => fill(&mut self.min, number(first()).map(|found| found.0)),
            Mark::LengthRange => {
                let (low, high) = range(first())?;
                fill(&mut self.min_length, low.as_u64());
                fill(&mut self.max_length, high.as_u64());
            }
            Mark::Range => {
                let Some((low, high)) = range(first()) else {
                    return self.take(Mark::Values, body);
                };
                fill(&mut self.min, Some(low));
                fill(&mut self.max, Some(high));
            }
            Mark::Values => {
                let (values, rest) = announced_values(body);
                if values.is_empty() {
                    return None;
                }
                if self.values.is_empty() {
                    self.values = values;
                }
                return Some(rest);
            }
            Mark::Rules => {}
            Mark::Note => return None,
        }
        Some(String::new())
    }
}

fn fill<T>(place: &mut Option<T>, value: Option<T>) {
    if place.is_none() {
        *place = value;
    }
}

/// The rest of the line, or all of a JSON text or a code block that begins there.
fn example(body: &str) -> Option<String> {
    let body = body.trim();
    if let Some(code) = body.strip_prefix("```") {
        let code =
            code.split("```").next()?.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        return clean(code);
    }
    if body.starts_with(['{', '[']) && body.contains('\n') {
        let lines: Vec<_> = body.lines().take_while(|line| !line.trim().is_empty()).collect();
        return clean(&lines.join("\n"));
    }
    clean(body.lines().next()?)
}

/// A value in backticks, without what follows it on the same line.
fn quoted(line: &str) -> &str {
    let inside = line.trim_start().strip_prefix('`').and_then(|rest| rest.split_once('`'));
    inside.map_or(line, |(value, _)| value)
}

/// Returns the part before a sentence that follows a bare value on the same line.
fn before_sentence(line: &str) -> &str {
    let (value, rest) = line.split_once(' ').unwrap_or((line, ""));
    let sentence = value.ends_with('.') || rest.starts_with(|c: char| !c.is_ascii());
    if sentence && words::is_identifier(value) { value.trim_end_matches('.') } else { line }
}

/// Without quotes, backticks and the period.
fn clean(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches(['。', '；', ';']).trim_end();
    let text = text.strip_suffix("<br").unwrap_or(text).trim();
    let unquoted = [('`', '`'), ('"', '"'), ('“', '”'), ('「', '」'), ('\'', '\'')]
        .into_iter()
        .find_map(|(open, close)| {
            let inside = text.strip_prefix(open)?.strip_suffix(close)?;
            (!inside.is_empty() && !inside.contains(open)).then_some(inside)
        });
    let text = unquoted.unwrap_or(text).trim();
    let text = if text.starts_with(['{', '[']) {
        text.replace("\\\"", "\"")
    } else {
        words::unescape(text)
    };
    let none = matches!(text.as_str(), "" | "null" | "none" | "None")
        || vocabulary::is_one_of(&text, vocabulary::NOTHING);
    (!none).then_some(text)
}

fn natural(text: &str) -> Option<u64> {
    number(text).and_then(|(number, _)| number.as_u64())
}

/// The first number, and where it starts.
fn number(text: &str) -> Option<(Number, usize)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let length =
        rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(rest.len());
    let digits = rest[..length].trim_end_matches(['.', ',']).replace(',', "");
    let before: String = text[..start].chars().rev().take(2).collect();
    let negative = before.starts_with('-')
        && !before[1..].starts_with(|c: char| c.is_ascii_digit() || c == ' ');
    let digits = if negative { format!("-{digits}") } else { digits };
    Some((digits.parse().ok()?, start))
}

/// `1 ～ 100`, `[1,100]`, `【0，500】`, `1-100`.
fn range(text: &str) -> Option<(Number, Number)> {
    let text = text.replace('`', "").replace(" ", "");
    let middle = text.char_indices().find(|(at, c)| {
        *at > 0
            && matches!(
                c,
                '~' | '～' | '-' | '－' | '—' | '至' | '到' | ',' | '，' | '∼' | '\u{fffd}'
            )
            && text[..*at].ends_with(|c: char| c.is_ascii_digit() || c == '字' || c == '符')
    })?;
    let (low, _) = number(&text[..middle.0])?;
    let (high, at) = number(&text[middle.0 + middle.1.len_utf8()..])?;
    (at <= 4).then_some((low, high))
}

/// The values that an announcement is followed by, and the text after them.
fn announced_values(body: &str) -> (Vec<NamedValue>, String) {
    let lines = split_items(body);
    let mut values: Vec<NamedValue> = Vec::new();
    let mut blank = false;
    for (index, line) in lines.iter().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            blank = true;
            continue;
        }
        let inline = if values.is_empty() && !is_bullet(trimmed) {
            inline_values(trimmed, true)
        } else {
            Vec::new()
        };
        if inline.len() > 1 {
            return (inline, lines[index + 1..].join("\n"));
        }
        if let Some(value) = item(trimmed, true) {
            values.push(value);
        } else if values.is_empty() {
            if let [_] = inline[..] {
                return (inline, lines[index + 1..].join("\n"));
            }
        } else if blank || is_bullet(trimmed) {
            return (distinct(values), lines[index..].join("\n"));
        } else if let Some(last) = values.last_mut() {
            last.gloss = words::gloss(&format!("{} {trimmed}", last.gloss));
        }
        blank = false;
    }
    (distinct(values), String::new())
}

fn distinct(mut values: Vec<NamedValue>) -> Vec<NamedValue> {
    let mut seen = std::collections::HashSet::new();
    values.retain(|value| seen.insert(value.value.clone()));
    values
}

/// Lines, where ` - ` begins another if the line was flattened.
fn split_items(body: &str) -> Vec<String> {
    body.lines()
        .flat_map(|line| {
            let flat = line.trim_start().starts_with("- ")
                || line.matches(" - ").count() > 1
                || line.contains("。 - ");
            if flat { line.replace(" - ", "\n- ") } else { line.to_owned() }
                .split('\n')
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn is_bullet(line: &str) -> bool {
    line.starts_with(['-', '*', '•', '·', '●', '–', '+'])
}

/// `- value: gloss`, with the value in quotes or not. After an announcement, the value alone will do.
fn item(line: &str, announced: bool) -> Option<NamedValue> {
    let text = line.trim_start_matches(['-', '*', '•', '·', '●', '–', '+', ' ', '\u{a0}']);
    let (value, rest) = match text.chars().next()? {
        open @ ('`' | '"' | '“' | '\'' | '「') => {
            let close = match open {
                '“' => '”',
                '「' => '」',
                same => same,
            };
            text[open.len_utf8()..].split_once(close)?
        }
        _ => {
            let end = text
                .find(|c: char| {
                    !c.is_ascii_alphanumeric()
                        && !matches!(
                            c,
                            '_' | '.' | '-' | '+' | '/' | '@' | '#' | '$' | '%' | '*' | '\\'
                        )
                })
                .unwrap_or(text.len());
            // A period or a dash at the end belongs to the sentence.
            let value = text[..end].trim_end_matches(['.', '-']);
            (value, &text[value.len()..])
        }
    };
    let value = words::unescape(value).trim().to_owned();
    if value.is_empty() || value.chars().count() > 64 || value.contains('\n') {
        return None;
    }
    let rest = rest.trim_start();
    let quoted = text.starts_with(['`', '"', '“', '\'', '「']);
    let gloss =
        vocabulary::each(vocabulary::SEPARATORS).find_map(|separator| rest.strip_prefix(separator));
    let alone = rest.is_empty()
        || rest == ";"
        || rest == "；"
        || rest == "。"
        || rest == "，"
        || rest == ",";
    match gloss {
        Some(gloss) => Some(NamedValue { value, gloss: unclosed(&words::gloss(gloss)) }),
        None if announced && alone && (is_bullet(line) || quoted) => {
            Some(NamedValue { value, gloss: String::new() })
        }
        None => None,
    }
}

/// Without the bracket at the end that was opened before the text.
fn unclosed(gloss: &str) -> String {
    let count = |brackets: [char; 2]| gloss.matches(brackets).count();
    let surplus = count([')', '）']) > count(['(', '（']);
    let end = if surplus { gloss.strip_suffix([')', '）']) } else { None };
    end.unwrap_or(gloss).to_owned()
}

/// Values in one line: `a、b、c`, `a/b`, `0：no，1：yes`.
fn inline_values(line: &str, announced: bool) -> Vec<NamedValue> {
    let line = line.trim();
    let listed = [('【', '】'), ('[', ']')].into_iter().find_map(|(open, close)| {
        let (list, _) = line.strip_prefix(open)?.split_once(close)?;
        Some(list)
    });
    if let Some(values) = listed.map(listed_values).filter(|values| announced && values.len() > 1) {
        return values;
    }
    let line = line.trim_end_matches(['。', '.', '；', ';', '）', ')']);
    // A lost character between two values was what separates them.
    for separator in [&['、', '；', ';', '|', '\u{fffd}'][..], &['，', ','][..], &['/'][..]] {
        let pieces = line.split(separator).map(|piece| without_and(piece.trim()));
        let pieces: Vec<_> = pieces.filter(|piece| !piece.is_empty()).collect();
        if pieces.len() < 2 || pieces.len() > 100 {
            continue;
        }
        let plain = pieces.iter().map(|piece| plain_value(piece)).collect::<Option<Vec<_>>>();
        let glossed =
            || pieces.iter().map(|piece| item(piece, announced)).collect::<Option<Vec<_>>>();
        if let Some(values) =
            plain.or_else(|| if separator.contains(&'/') { None } else { glossed() })
        {
            return distinct(values);
        }
    }
    match plain_value(line) {
        Some(value) if announced => vec![value],
        _ => Vec::new(),
    }
}

/// Values in brackets, each with its gloss in others: `a（A），b（B，C）`.
fn listed_values(list: &str) -> Vec<NamedValue> {
    let mut depth = 0_usize;
    let pieces = list.split(|c| {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(c, '，' | ',' | '、' | '；' | ';')
    });
    let value = |piece: &str| plain_value(piece).or_else(|| item(piece, true));
    let values = pieces.map(|piece| value(piece.trim())).collect::<Option<Vec<_>>>();
    distinct(values.unwrap_or_default())
}

/// The last of several values may have an `and` before it.
fn without_and(piece: &str) -> &str {
    let rest = vocabulary::each(vocabulary::ANDS).find_map(|and| piece.strip_prefix(and));
    rest.unwrap_or(piece).trim_start()
}

fn plain_value(piece: &str) -> Option<NamedValue> {
    let piece = piece.trim_matches(['`', '"', '“', '”', '\'']);
    let word = piece.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    (word && !piece.is_empty() && piece.len() <= 64)
        .then(|| NamedValue { value: piece.to_owned(), gloss: String::new() })
}

/// Values that nothing announces: two or more items of a list that look like values and nothing
/// else, `a/b/c`, or `0 is this, 1 is that`.
fn prose_values(intro: &str) -> Vec<NamedValue> {
    let lines = split_items(intro);
    let items: Vec<_> =
        lines.iter().map(|line| line.trim()).filter(|line| is_bullet(line)).collect();
    if items.len() >= 2 {
        // A text with other characters is a form that values have.
        let is_word = |value: &NamedValue| {
            value.value.chars().all(|c| c.is_ascii_alphanumeric() || "_-./+".contains(c))
        };
        let values = items
            .iter()
            .map(|line| item(line, false).filter(is_word).or_else(|| reversed_item(line)))
            .collect::<Option<Vec<_>>>();
        return values.map(distinct).filter(|values| values.len() >= 2).unwrap_or_default();
    }
    lines.iter().map(|line| prose_line(line)).find(|values| values.len() >= 2).unwrap_or_default()
}

/// `- gloss: value`
fn reversed_item(line: &str) -> Option<NamedValue> {
    let (gloss, value) = line.rsplit_once(['：', ':'])?;
    let value = plain_value(value.trim().trim_end_matches(['。', '；', ';', '，']))?;
    Some(NamedValue {
        gloss: words::gloss(gloss.trim_start_matches(['-', '*', '•', ' '])),
        ..value
    })
}

fn prose_line(line: &str) -> Vec<NamedValue> {
    let slashed = line
        .split(|c: char| {
            c.is_whitespace()
                || matches!(c, '，' | '。' | '（' | '）' | '(' | ')' | '：' | ':' | ',' | '；')
        })
        .find_map(|word| {
            let word = word
                .trim_start_matches(|c: char| !c.is_ascii())
                .trim_end_matches(|c: char| !c.is_ascii());
            let pieces: Vec<_> = word.split('/').collect();
            let values =
                pieces.iter().map(|piece| plain_value(piece)).collect::<Option<Vec<_>>>()?;
            (values.len() >= 3
                && !word.contains("//")
                && !word.starts_with('/')
                && values.iter().all(|value| !value.value.contains('.')))
            .then_some(values)
        });
    if let Some(values) = slashed {
        return distinct(values);
    }
    // A colon stands before all values or in each.
    let numbered = |colons: &[char]| {
        let end = |c| {
            matches!(c, '，' | ',' | '；' | ';' | '、' | '。' | '（' | '）') || colons.contains(&c)
        };
        let values = line
            .split(end)
            .map(str::trim)
            .filter(|piece| piece.starts_with(|c: char| c.is_ascii_digit()))
            .filter_map(|piece| item(piece, false))
            .filter(|value| {
                value.value.chars().all(|c| c.is_ascii_digit())
                    && value.gloss.starts_with(|c: char| !c.is_ascii_digit())
            });
        distinct(values.collect())
    };
    let values = numbered(&['：']);
    if values.len() >= 2 { values } else { numbered(&[]) }
}

fn prose_default(text: &str) -> Option<String> {
    for word in vocabulary::each(vocabulary::DEFAULTS) {
        if let Some((_, rest)) = text.split_once(word) {
            let rest = rest.trim_start();
            let end = rest
                .find(|c: char| {
                    c.is_whitespace()
                        || matches!(c, '，' | '。' | ',' | '；' | ';' | '）' | ')' | '、')
                })
                .unwrap_or(rest.len());
            let value = clean(rest[..end].trim_end_matches('.'))?;
            return (value.is_ascii() && value.len() <= 64).then_some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(cell: &str) -> Vec<String> {
        read(cell).values.into_iter().map(|value| value.value).collect()
    }

    #[test]
    fn values_are_found_however_they_are_written() {
        for cell in [
            "锚<br><br>**可选值有**：<br>- `big`：大<br>- `small`：小",
            "锚 <br> **示例**: big <br> **可选值**:<br>- big: 大 <br>- small: 小 <br> ",
            "锚\n\n**可选值有：**\n\n- big：大\n- small：小\n\n**注意**：\n- 不能换",
            "锚,取值: - big:大 - small:小",
            "锚。枚举值：big、small",
            "Anchor. **Options**: `big`, `small`",
            "锚,取值。   - **big**：大 - **small**：小",
            "取值范围：big，small",
            "锚。可选值有：big、和 small。\n\n  如图",
            "锚，可用值：【big（大，重），small（小）】，示例值：\"big\"",
            "锚，可用值【big（大），small（小）】",
            "Anchor, values: [big (large, heavy), small (light)]. Example value: \"big\"",
        ] {
            assert_eq!(values(cell), ["big", "small"], "{cell}");
            assert!(!read(cell).values_in_prose, "{cell}");
        }
    }

    #[test]
    fn values_that_nothing_announces_are_in_prose() {
        for cell in ["锚 - big:大 - small:小", "锚：<br>- 大锚：big<br>- 小锚：small"] {
            assert_eq!(values(cell), ["big", "small"], "{cell}");
            assert!(read(cell).values_in_prose, "{cell}");
        }
        assert_eq!(values("支持 a_id/b_id/c_id"), ["a_id", "b_id", "c_id"]);
        assert_eq!(values("类型，0为大，1为小"), ["0", "1"]);
        assert_eq!(values("大锚/小锚，1：大锚，2：小锚"), ["1", "2"]);
        assert_eq!(values("类型：0表示大，1表示小"), ["0", "1"]);
    }

    #[test]
    fn sentences_are_no_values() {
        for cell in [
            "ID 获取方式：<br>- 调用[创建锚](/a/b/c)接口。<br>- 查看 `anchor_id`。",
            "参考[说明](https://example.com/a/b/c)",
            "长度不超过 60 字符 - 建议更短",
            "范围有两种写法：<br>- `berth`：整个泊位<br>- `berth!{首}:{尾}`：泊位的一段",
            "其中：<br>- `berth` 为泊位<br>- `<首>:<尾>` 为一段",
            "**注意**：<br>- `big`：不支持<br>- `small`：不支持",
            "时间，如 10：30，11：00",
            "Ranges, supported values: berth (for all of it); berth!1:2 (for a row)",
        ] {
            assert_eq!(values(cell), [""; 0], "{cell}");
        }
    }

    #[test]
    fn limits_defaults_and_examples_are_found_when_glued() {
        let rules =
            read("锚 <br> **示例**: [\"a\"] <br> **数据校验规则**:<br>最大长度: 20最小长度: 1");
        assert_eq!((rules.min_length, rules.max_length), (Some(1), Some(20)));
        assert_eq!(rules.example.as_deref(), Some("[\"a\"]"));
        let rules = read("深度。**默认值**：`20`<br>- 最小值：1<br>- 最大值：50");
        assert_eq!(rules.default.as_deref(), Some("20"));
        assert_eq!((rules.min, rules.max), (Some(1.into()), Some(50.into())));
        let rules = read("深度<br>**取值范围**：`-1` ～ `100`");
        assert_eq!((rules.min, rules.max), (Some((-1).into()), Some(100.into())));
        let rules = read("名称<br>**数据校验规则**：<br>- 长度范围：`1` ～ `64` 字符");
        assert_eq!((rules.min_length, rules.max_length), (Some(1), Some(64)));
        let rules = read("类型 **默认值**：`big` **当值为 `small`**： `berth:berth:read` 权限");
        assert_eq!(rules.default.as_deref(), Some("big"));
        let rules = read("是否。默认为 False。");
        assert_eq!((rules.default.as_deref(), rules.default_in_prose), (Some("False"), true));
        assert_eq!(read("**示例**:  <br> **默认值**：空").example, None);
    }
}

//! Requests of DingTalk's old API as PHP code builds them. Its tables do not mark what is inside of
//! what, and its samples are forms that leave objects out; the code puts each into another.

use super::json::{Json, JsonKind};
use super::places::MAX_DEPTH;

/// More objects, and more assignments, than any sample has.
const MOST: usize = 500;

/// `$object->name = value;` or `$object->setName(value);`
struct Assignment<'t> {
    object: &'t str,
    name: String,
    value: &'t str,
    line: usize,
}

/// The request that the code builds; `None` if it builds none. Its values are all texts.
pub(super) fn outline(code: &str, line: usize) -> Option<Json> {
    let lines = code.lines().map(str::trim);
    let request = lines.clone().find_map(|line| {
        let (variable, class) = line.strip_prefix('$')?.split_once('=')?;
        let class = class.trim().strip_prefix("new ")?.trim_end_matches([';', '(', ')', ' ']);
        class.ends_with("Request").then(|| variable.trim())
    })?;
    let assignments = lines.enumerate().filter_map(|(at, text)| assignment(text, line + at));
    let mut code = Code { assignments: assignments.take(MOST).collect(), left: MOST };
    let built = code.object(request, line, 0);
    (built.len() > 0).then_some(built)
}

fn assignment(text: &str, line: usize) -> Option<Assignment<'_>> {
    let (object, rest) = text.strip_prefix('$')?.split_once("->")?;
    let rest = rest.strip_suffix(';')?.trim_end();
    // `setParam(..)`, but not `settings = ..`
    let is_setter = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_uppercase());
    let (name, value) = match rest.strip_prefix("set").filter(is_setter) {
        Some(setter) => {
            let (name, value) = setter.split_once('(')?;
            (snake_case(name), value.strip_suffix(')')?)
        }
        None => {
            let (name, value) = rest.split_once('=')?;
            (name.trim().to_owned(), value)
        }
    };
    Some(Assignment { object, name, value: value.trim(), line })
}

/// `LeaveQuotas` as `leave_quotas`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (index, c) in name.char_indices() {
        if c.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

struct Code<'t> {
    assignments: Vec<Assignment<'t>>,
    /// The number of objects that may still be built, since a variable can contain itself.
    left: usize,
}

impl Code<'_> {
    fn object(&mut self, variable: &str, line: usize, depth: usize) -> Json {
        let mut members = Vec::new();
        for at in 0..self.assignments.len() {
            let Assignment { object, name, value, line } = &self.assignments[at];
            if *object == variable && depth < MAX_DEPTH && self.left > 0 {
                let (name, value, line) = (name.clone(), *value, *line);
                members.push((name, self.value(value, line, depth + 1)));
            }
        }
        self.left = self.left.saturating_sub(1);
        Json { line, kind: JsonKind::Object(members), comment: None }
    }

    fn value(&mut self, text: &str, line: usize, depth: usize) -> Json {
        let items = text.strip_prefix("array(").and_then(|rest| rest.strip_suffix(')'));
        let items = items.filter(|_| depth < MAX_DEPTH);
        let kind = match (items, text.strip_prefix('$')) {
            (Some(items), _) => {
                let items = items.split(',').map(str::trim).filter(|item| !item.is_empty());
                JsonKind::Array(items.map(|item| self.value(item, line, depth + 1)).collect())
            }
            (None, Some(variable)) => return self.object(variable, line, depth),
            (None, None) => JsonKind::String(text.trim_matches('"').to_owned()),
        };
        Json { line, kind, comment: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_put_into_each_other() {
        let code = "include \"TopSdk.php\";\n\n\
            $c = new DingTalkClient(DingTalkConstant::$CALL_TYPE_OAPI);\n\
            $req = new OapiMoleBerthRequest;\n\
            $req->setMoleId(\"7\");\n\
            $berths = new BerthVo;\n\
            $berths->hull_id=\"1\";\n\
            $berths->tides = array(\"a\",\"b\");\n\
            $param = new Param;\n\
            $param->berths = array($berths);\n\
            $param->count=\"2\";\n\
            $req->setParam($param);\n\
            $resp = $c->execute($req, $access_token, \"https://oapi.dingtalk.com/a\");\n";
        let outline = outline(code, 1).map(|outline| outline.to_value());
        let expected = serde_json::json!({
            "mole_id": "7",
            "param": { "berths": [{ "hull_id": "1", "tides": ["a", "b"] }], "count": "2" },
        });
        assert_eq!(outline, Some(expected));
    }

    #[test]
    fn code_that_holds_itself_or_builds_nothing() {
        let endless = "$req = new ARequest;\n$req->a = $b;\n$b->c = array($b,$b);\n$b->d = $b;\n";
        assert!(outline(endless, 1).is_some());
        for code in ["", "$req = new ARequest;", "req = A()\nreq.a = 1", "$a->b = 1;"] {
            assert_eq!(outline(code, 1), None, "{code}");
        }
    }

    #[test]
    fn a_property_can_begin_like_a_setter() {
        let code = "$req = new OapiMoleBerthRequest;\n$param->settings = array(\"a\");\n\
                    $param->set_type = \"1\";\n$req->setParam($param);\n";
        let built = outline(code, 1).unwrap();
        let param = built.get("param").unwrap();
        assert!(param.get("settings").is_some() && param.get("set_type").is_some());
    }

    #[test]
    fn lists_within_lists_have_an_end() {
        let (open, close) = ("array(".repeat(100_000), ")".repeat(100_000));
        let code = format!("$req = new OapiMoleBerthRequest;\n$req->setParam({open}{close});\n");
        assert!(outline(&code, 1).unwrap().get("param").is_some());
    }
}

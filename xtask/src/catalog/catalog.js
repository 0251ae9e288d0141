"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const nav = document.querySelector("nav");
const query = $("query");
const title = document.title;

// -- Elements --------------------------------------------------------------------------------------

/** Creates an element. Children are elements or text, never markup. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== undefined && child !== false),
  );
  return element;
}

const mono = (...children) => h("code", {}, ...children);

/** A path, a scope or an ID, which a narrow screen breaks between its parts. */
const breakable = (text) => text.split(/(?<=[:./])/).flatMap((part) => [part, h("wbr")]);

/** Text in which code is between backticks. With a crate, the name of what it has is a link. */
function inline(text, crate) {
  return text.split("`").map((part, index) => {
    if (index % 2 === 0) return part;
    const code = mono(part);
    const entry = byName.get(`${crate?.name} ${part}`);
    return entry ? h("a", { href: link(entry.id) }, code) : code;
  });
}

function prose(text, crate, lead) {
  const paragraphs = text.split("\n\n").filter(Boolean);
  return paragraphs.map((part, index) =>
    h("p", { class: index === 0 && lead }, inline(part, crate)),
  );
}

const link = (id) => "#" + encodeURIComponent(id).replaceAll("%2F", "/").replaceAll("%3A", ":");
const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const words = (text) => text.replaceAll("_", " ");

// -- What there is ---------------------------------------------------------------------------------

/** Operations, events and codes, in the order of the list. */
const entries = [];
const byId = new Map();
const byName = new Map();

for (const crate of data.crates) {
  crate.byCode = new Map(crate.codes.map((code) => [code.code, code]));
  for (const module of crate.modules) {
    for (const of of module.operations)
      add({ kind: of.method, id: of.id, name: of.name, crate, module, of });
  }
  for (const of of crate.events) {
    add({ kind: of.answer ? "callback" : "event", id: of.id, name: of.name, crate, of });
  }
}
for (const crate of [...data.crates, ...data.platforms]) {
  for (const code of crate.codes) {
    const known = byId.get(code.code);
    if (known) known.all.push({ crate, code });
    else
      add({
        kind: "code",
        id: code.code,
        name: code.name ?? "",
        crate,
        of: code,
        all: [{ crate, code }],
      });
  }
}

function add(entry) {
  entry.order = entries.push(entry);
  byId.set(entry.id, entry);
  if (entry.kind !== "code") byName.set(`${entry.crate.name} ${entry.name}`, entry);
}

const isIn = (entry, crate) =>
  !crate ||
  (entry.all ?? [entry]).some((one) => (one.crate.crates ?? [one.crate.name]).includes(crate));

// -- Search ----------------------------------------------------------------------------------------

/** From a word to the entries that have it: how much it tells, and where it is if not in sight. */
const vocabulary = new Map();

/** From two Chinese letters in a row to the entries that have them. */
const pairs = new Map();

/** What is known of words. Objects inherit some, such as `constructor`, which are not known. */
function dictionary(words) {
  return new Map(Object.entries(words));
}

/** The verbs of the vendors' titles, by those that are in IDs. */
const VERBS = dictionary({
  add: "添加新增",
  batch: "批量",
  cancel: "撤销",
  create: "创建添加新增",
  delete: "删除移除撤销",
  execute: "执行",
  get: "获取查询详情",
  invoke: "执行调用",
  list: "获取查询列表",
  patch: "修改更新编辑",
  put: "设置更新",
  query: "获取查询列表",
  search: "搜索查询",
  send: "发送",
  sort: "排序",
  update: "修改更新编辑",
});

/** What others call what is called so here, by its stem. */
const SAME = dictionary({
  chang: "updat",
  edit: "updat",
  group: "chat",
  information: "info",
  modify: "updat",
  obtain: "get",
  photo: "imag",
  pictur: "imag",
  remov: "delet",
});

/** Words that tell nothing. */
const FILLERS = new Set(
  "a an and by for from how if in into is my of on or the to what with".split(" "),
);

const split = (text) =>
  text
    .normalize("NFKC")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];
const isHan = (text) => /\p{Script=Han}/u.test(text);
const pairsIn = (text) => [...text.matchAll(/(?=(\p{Script=Han}{2}))/gu)].map(([, pair]) => pair);

/** `links`, `sharing` and `deleted` are about `link`, `share` and `delete`. */
function stem(word) {
  const short = word.length > 3 ? word.replace(/(?:ing|ed|es|s|e)$/, "") : word;
  return SAME.get(short) ?? short;
}
const stems = (words) => [...new Set(words.map(stem))].join(" ");

/** How much more a word tells that few entries have. */
const rarity = (found) => Math.log(1 + entries.length / found.size);

function learn(entry, weight, texts, why) {
  for (const text of texts) {
    for (const word of new Set([text.toLowerCase(), ...split(text)])) {
      if (!vocabulary.has(word)) vocabulary.set(word, new Map());
      const known = vocabulary.get(word);
      if (!(known.get(entry)?.weight >= weight)) known.set(entry, { weight, why: why?.(text) });
    }
    learnPairs(entry, text);
  }
}

function learnPairs(entry, text) {
  for (const pair of pairsIn(text)) {
    if (!pairs.has(pair)) pairs.set(pair, new Set());
    pairs.get(pair).add(entry);
  }
}

/** The names in a type as the specs write it, such as `list<Message>`. */
const named = (crate, type) =>
  (type.match(/\w+/g) ?? []).filter((name) => Object.hasOwn(crate.types, name));

/** Fields, and those of the types that they name. */
function learnFields(entry, fields, seen = new Set()) {
  for (const field of fields) {
    learn(entry, 8, [field.name], (name) => `field ${name}`);
    learn(entry, 2, [field.doc]);
    for (const name of named(entry.crate, field.type)) learnType(entry, name, seen);
  }
}

function learnType(entry, name, seen = new Set()) {
  if (seen.has(name)) return;
  seen.add(name);
  const type = entry.crate.types[name];
  learn(entry, 6, [name], () => `type ${name}`);
  learn(
    entry,
    5,
    (type.values ?? []).map((value) => value.value),
    (value) => `value ${value}`,
  );
  learnFields(entry, type.fields ?? [], seen);
}

for (const entry of entries) {
  const { of, crate } = entry;
  const [summary, ...rest] = of.doc.split("\n\n");
  // A code of a platform has no name.
  entry.keys = [entry.id, entry.name].filter(Boolean);
  entry.calls = [entry.name, ...(of.aliases ?? [])].map((name) => stems(split(name)));
  entry.stems = new Set([...entry.calls, stems(split(summary))].join(" ").split(" "));
  learn(entry, entry.kind === "code" ? 20 : 40, entry.keys);
  learn(entry, 14, [summary]);
  learn(entry, 6, [...rest, of.advice ?? ""]);
  if (entry.kind === "code") {
    learn(entry, 10, ["error", "code", of.kind]);
    continue;
  }
  learn(entry, 36, of.aliases ?? [], (alias) => `also called ${alias}`);
  split(`${entry.id} ${entry.name}`).forEach((word) => learnPairs(entry, VERBS.get(word) ?? ""));
  learn(entry, 4, [entry.kind, crate.name, crate.vendor, entry.module?.name ?? "events"]);
  learn(entry, 20, [...(of.scopes ?? []), ...(of.field_scopes ?? [])], (scope) => `scope ${scope}`);
  learn(entry, 30, of.codes ?? [], (code) => `error ${code}`);
  const body = of.body?.json ?? of.body?.form ?? [];
  learnFields(entry, [...(of.params ?? []), ...(of.query ?? []), ...body, ...(of.fields ?? [])]);
  for (const type of [of.body?.whole, of.response, of.answer]) {
    named(crate, type ?? "").forEach((name) => learnType(entry, name));
  }
  if (of.path) {
    learn(entry, 24, [of.path]);
    entry.keys.push(of.path, `${of.method} ${of.path}`);
    entry.segments = segments(of.path.toLowerCase());
  }
}

/** How well a word of the query fits a word that is known, from 0 to 1. */
function fit(asked, known) {
  if (asked === known) return 1;
  if (isHan(asked)) return known.includes(asked) ? 0.7 : 0;
  if (known.startsWith(asked)) return asked.length === 1 ? 0.2 : 0.6;
  return stem(asked) === stem(known) ? 0.6 : 0;
}

/** Whether the words differ by one edit: a letter more, less or another, or two swapped. */
function isTypo(one, other) {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (long.length - short.length > 1 || short.length < 4) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  const rest = (text, from) => text.slice(from);
  if (long.length > short.length) return rest(long, at + 1) === rest(short, at);
  if (rest(long, at + 1) === rest(short, at + 1)) return true;
  return (
    long[at] === short[at + 1] &&
    long[at + 1] === short[at] &&
    rest(long, at + 2) === rest(short, at + 2)
  );
}

/** What share each entry has in what was found, of which the rare counts more. */
function shares(founds) {
  const sum = (list) => list.reduce((sum, found) => sum + rarity(found), 0);
  const total = sum(founds);
  const having = new Set(founds.flatMap((found) => [...found.keys()]));
  return [...having].map((entry) => [
    entry,
    sum(founds.filter((found) => found.has(entry))) / total,
  ]);
}

/** The entries that have a word of the query, each with its score. */
function having(word) {
  const found = new Map();
  for (const [known, hits] of vocabulary) {
    const factor = fit(word, known);
    if (factor === 0) continue;
    for (const [entry, { weight, why }] of hits) {
      const score = weight * factor;
      if (!(found.get(entry)?.score >= score)) found.set(entry, { score, why });
    }
  }
  // A Chinese phrase is made of words that an entry has in several places.
  const known = pairsIn(word).flatMap((pair) => pairs.get(pair) ?? []);
  for (const [entry, share] of shares(known)) {
    const score = 24 * share;
    if (share >= 0.3 && !(found.get(entry)?.score >= score)) found.set(entry, { score });
  }
  return found;
}

/** A word, or the one that was probably meant. */
function spelled(word) {
  if (isHan(word) || having(word).size > 0) return word;
  const near = [...vocabulary].filter(([known]) => isTypo(word, known));
  const [best = [word]] = near.sort(([, one], [, other]) => other.size - one.size);
  return best[0];
}

/** The parts of a path. Some leave out the first of Feishu's. */
function segments(path) {
  return path.split("/").filter((part) => part && part !== "open-apis");
}

/** The entries whose path or page is that of a URL, whatever stands for parameters of the path. */
function atUrl(text) {
  const [, method] = text.match(/(?:^|\s)(get|post|put|patch|delete)[\s:]/) ?? [];
  const [url = ""] = text.match(/(?:https?:\/\/)?[^\s:'"]*\/[^\s?#'"]+/) ?? [];
  const asked = segments(url.replace(/^https?:\/\/[^/]+/, ""));
  const isAt = (entry) =>
    entry.segments?.length === asked.length &&
    entry.segments.every((part, at) => /^[:{]/.test(part) || part === asked[at]);
  return entries.filter(
    (entry) =>
      (isAt(entry) && (!method || entry.of.method.toLowerCase() === method)) ||
      entry.of.source?.toLowerCase() === url,
  );
}

function search(text) {
  const asked = text.normalize("NFKC").trim();
  const isKnown = (word) => [...vocabulary.keys()].some((known) => known.startsWith(word));
  // Chinese words have no spaces around them.
  const parts = asked.match(/\p{Script=Han}+|[^\s\p{Script=Han}]+/gu) ?? [];
  const words = parts.flatMap((part) => {
    const word = part.toLowerCase();
    return isKnown(word) || isHan(word) ? [word] : split(part);
  });
  const pieces = words.map(spelled);
  const plain = pieces.filter((word) => !FILLERS.has(word));
  const telling = plain.length ? plain : pieces;
  const found = withWords(telling);
  const raise = (entry, score) =>
    found.set(entry, { ...found.get(entry), score: (found.get(entry)?.score ?? 0) + score });
  atUrl(asked.toLowerCase()).forEach((entry) => raise(entry, 500));
  // A line of a log names the operation and the code.
  const ids = asked.split(/[\s,;:="'()]+/).map((piece) => piece.replace(/^\W+|\W+$/g, ""));
  for (const entry of entries) {
    if (/[.\d]/.test(entry.id) && ids.some((id) => id === entry.id || id.endsWith(`.${entry.id}`)))
      raise(entry, 100);
  }
  const whole = pieces.join(" ");
  for (const [entry, hit] of found) {
    const keys = entry.keys.map((key) => key.toLowerCase());
    // An ID is that of one entry, a name may be that of several.
    const at = keys.indexOf(whole);
    if (at >= 0) {
      hit.score += 1000 - 100 * at;
      continue;
    }
    if (entry.calls.includes(stems(pieces))) hit.score += 300;
    else if (entry.calls.includes(stems(telling))) hit.score += 250;
    else if (entry.kind === "code") continue;
    else if (keys.some((key) => key.startsWith(whole))) hit.score += 40;
    else if (telling.length > 1 && telling.every((word) => entry.stems.has(stem(word))))
      hit.score += 30;
    // Of two that fit alike, the one to use today, and what is called before what is received.
    if (entry.of.deprecated || entry.of.replaced_by) hit.score *= 0.8;
    if (entry.of.fields) hit.score *= 0.95;
  }
  const ranked = [...found].map(([entry, hit]) => ({ entry, ...hit }));
  // Of equals, the plainer one: a message before a batch of messages.
  return ranked.sort(
    (a, b) =>
      b.score - a.score ||
      a.entry.name.length - b.entry.name.length ||
      a.entry.order - b.entry.order,
  );
}

/** The entries that have all of the words, or those that tell most. */
function withWords(words) {
  const known = words.map(having).filter((found) => found.size > 0);
  const all = new Map();
  const found = shares(known);
  const best = Math.max(...found.map(([, share]) => share));
  for (const [entry, share] of found) {
    if (share < 0.6 * best) continue;
    const hits = known.flatMap((found) => found.get(entry) ?? []);
    const score = share ** 2 * hits.reduce((sum, hit) => sum + hit.score, 0);
    all.set(entry, { score, why: hits.find((hit) => hit.why)?.why });
  }
  return all;
}

// -- The list --------------------------------------------------------------------------------------

/** The crate that the list is limited to; empty for all. */
const chosen = () => document.querySelector("#crates input:checked").value;

/** What the list shows. It is not made anew for the same, since the focus may be in it. */
let listed;

function showList() {
  const crate = chosen();
  const text = query.value.trim();
  const shown = `${crate} ${text} ${missing}`;
  if (listed === shown) return;
  listed = shown;
  for (const section of document.querySelectorAll("#list section")) {
    section.hidden = Boolean(crate) && section.dataset.crate !== crate;
  }
  $("list").hidden = text !== "";
  $("results").hidden = text === "";
  if (text === "") {
    const shown = entries.filter((entry) => entry.kind !== "code" && isIn(entry, crate));
    $("count").textContent = `${shown.length} entries`;
    $("results").replaceChildren();
    return;
  }
  const hits = search(text).filter(({ entry }) => isIn(entry, crate));
  $("results").replaceChildren(...hits.slice(0, 100).map(result));
  const where = crate ? ` in ${crate}` : "";
  const gone = missing ? `Nothing has the ID ${missing}. ` : "";
  const found = hits.length
    ? `${count(hits.length, "result")}${where}${hits.length > 100 ? ", of which 100 are shown" : ""}`
    : `Nothing found${where}. Try a word in English or Chinese, a code, an ID, a scope or a path.`;
  $("count").textContent = gone + found;
}

function result({ entry, why }) {
  const { of } = entry;
  return h(
    "li",
    {},
    h(
      "a",
      { href: link(entry.id) },
      h("b", {}, entry.kind === "code" ? `${entry.id} ${entry.name}`.trim() : entry.name),
      " ",
      h("i", { "data-kind": entry.kind }, entry.kind),
      h("span", {}, inline((of.doc || of.advice).split("\n\n")[0])),
      why && h("span", { class: "why" }, why),
    ),
  );
}

/** Marks the entry that is open. */
function mark() {
  const href = current && link(current.id);
  for (const anchor of nav.querySelectorAll("li a")) {
    if (anchor.getAttribute("href") === href) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
}

const anchors = () =>
  [...nav.querySelectorAll("li a")].filter((anchor) => anchor.checkVisibility());

// -- One entry -------------------------------------------------------------------------------------

const fields = (crate, list, sent) =>
  h(
    "dl",
    { class: "rows" },
    list.map((field) => fieldRow(crate, field, sent)),
  );

function fieldRow(crate, field, sent) {
  const types = named(crate, field.type).map((name) => typeBlock(crate, name, sent));
  const facts = [...(field.limits ?? [])];
  if (field.default !== undefined) facts.push(`Default: \`${field.default}\`.`);
  if (field.type_of) facts.push(`The type of \`${field.type_of}\`.`);
  if (field.nullable && sent) facts.push("`null` clears it.");
  if (field.dedupe)
    facts.push(
      "An idempotency key: requests with the same value are executed once. The client sets it.",
    );
  if (field.sensitive) facts.push("Masked in `Debug`.");
  return h(
    "div",
    {},
    h(
      "dt",
      {},
      h("code", { class: "name" }, field.name),
      h("span", { class: "type" }, mono(field.type)),
      sent && field.required && h("span", { class: "tag" }, "required"),
      !sent && field.always && h("span", { class: "fine" }, "always there"),
      field.deprecated && h("span", { class: "tag" }, " deprecated"),
    ),
    h(
      "dd",
      {},
      prose(field.doc ?? "", crate),
      field.deprecated &&
        h("p", {}, h("strong", {}, "Deprecated. "), inline(field.deprecated, crate)),
      facts.length > 0 && h("p", { class: "fine" }, inline(facts.join(" "), crate)),
      field.values && values(field.values, crate),
      types.filter((type) => type.tagName !== "DETAILS"),
    ),
    types
      .filter((type) => type.tagName === "DETAILS")
      .map((type) => h("dd", { class: "deep" }, type)),
  );
}

/** A type below a field: few values are seen at once, members when they are asked for. */
function typeBlock(crate, name, sent) {
  const type = crate.types[name];
  if (type.values && type.values.length <= 6) return values(type.values, crate);
  const what = type.values
    ? count(type.values.length, "value")
    : count(type.fields.length, "field");
  const details = h("details", {}, h("summary", {}, mono(name), ` ${what}`));
  details.fill = () => {
    details.fill = undefined;
    details.append(...prose(type.doc ?? "", crate));
    details.append(type.values ? values(type.values, crate) : fields(crate, type.fields, sent));
  };
  details.addEventListener("toggle", () => details.fill?.());
  return details;
}

function values(list, crate) {
  if (list.every((value) => !value.doc && !value.deprecated)) {
    return h(
      "ul",
      { class: "inline" },
      list.map((value) => h("li", {}, mono(value.value))),
    );
  }
  return h(
    "dl",
    { class: "values" },
    list.map((value) =>
      h(
        "div",
        {},
        h("dt", {}, mono(value.value)),
        h(
          "dd",
          {},
          inline(value.doc ?? "", crate),
          value.deprecated && [" Deprecated. ", inline(value.deprecated, crate)],
        ),
      ),
    ),
  );
}

/** A type of a whole body: its members, or what the list or map is of. */
function whole(crate, type, sent, lacks = []) {
  const [name] = named(crate, type);
  const members = crate.types[name]?.fields;
  if (!members)
    return h(
      "p",
      {},
      mono(type),
      named(crate, type).map((name) => typeBlock(crate, name, sent)),
    );
  return [
    type !== name && h("p", {}, mono(type), ", where each is:"),
    fields(
      crate,
      members.filter((field) => !lacks.includes(field.name)),
      sent,
    ),
  ];
}

const section = (name, note, ...content) => [
  h("h2", {}, name, note && h("small", {}, note)),
  content,
];
const facts = (pairs) =>
  h(
    "dl",
    { class: "rows facts" },
    pairs
      .filter(([, value]) => value)
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
const others = (aliases) =>
  aliases.flatMap((alias, index) => [index > 0 && ", ", h("span", { class: "one" }, alias)]);
const scopeLinks = (list) =>
  h(
    "ul",
    { class: "inline" },
    list.map((scope) =>
      h("li", {}, h("a", { href: `#?q=${encodeURIComponent(scope)}` }, mono(breakable(scope)))),
    ),
  );
const scopes = ({ scopes }) => [
  scopes?.length > 1 ? "Scope, one of" : "Scope",
  scopes && scopeLinks(scopes),
];

function crumb(where, source) {
  return h(
    "p",
    { class: "crumb" },
    h("a", { class: "back", href: back() }, "← All entries"),
    h("span", {}, where),
    source && h("a", { class: "out", href: source, rel: "noreferrer" }, "Documentation"),
  );
}

const back = () => (query.value.trim() ? `#?q=${encodeURIComponent(query.value.trim())}` : "#");

function operationPage({ of, crate, module, name }) {
  const path = of.path
    .split(/(:\w+|\{\w+\})/)
    .map((part, index) => (index % 2 ? h("em", {}, part) : breakable(part)));
  return [
    crumb(`${crate.name} › ${module.name}`, of.source),
    h("h1", { tabindex: "-1" }, name),
    prose(of.doc, crate, "lead"),
    of.deprecated &&
      h("p", { class: "note" }, h("strong", {}, "Deprecated. "), inline(of.deprecated, crate)),
    h(
      "div",
      { class: "endpoint" },
      h("i", { "data-kind": of.method }, of.method),
      mono(h("span", {}, `https://${of.host}`), path),
      copy(`https://${of.host}${of.path}`, "Copy the URL"),
    ),
    facts([
      ["ID", mono(breakable(of.id))],
      ["Token", of.token],
      scopes(of),
      ["Rate limit", of.rate],
      ["Retries", retries(of)],
      ["Pages", of.paged && ["read with ", mono(".items(..)"), " or ", mono(".pages(..)")]],
      ["Also called", of.aliases && others(of.aliases)],
    ]),
    block("Rust", of.rust, "rust"),
    block("curl", of.curl, "shell"),
    of.params && section("Path", undefined, fields(crate, of.params, true)),
    of.query && section("Query", undefined, fields(crate, of.query, true)),
    of.body?.json?.length > 0 && section("Body", "JSON", fields(crate, of.body.json, true)),
    of.body?.form && section("Form", "multipart/form-data", fields(crate, of.body.form, true)),
    of.body?.whole && section("Body", "JSON", whole(crate, of.body.whole, true)),
    response(of, crate),
    of.codes && section("Errors", count(of.codes.length, "code"), errors(crate, of.codes)),
  ];
}

function retries(of) {
  if (of.idempotent) return "safe: it is idempotent";
  const sent = [...(of.query ?? []), ...(of.body?.json ?? [])];
  return sent.some((field) => field.dedupe)
    ? "safe with an idempotency key, which the client sets"
    : "only if the request was not executed: it is not idempotent";
}

function response(of, crate) {
  if (!of.response)
    return section("Response", undefined, h("p", {}, "Nothing but the success of the call."));
  if (of.response === "file") return section("Response", undefined, h("p", {}, "A file."));
  const place = of.whole_body ? "next to code and msg" : "in data";
  return section(
    "Response",
    crate.vendor === "feishu" && place,
    whole(crate, of.response, false, of.lacks),
    sample("Example of the response", of.example),
  );
}

function eventPage({ of, crate, name }) {
  const successor = byId.get(of.replaced_by);
  const forms = {
    "2.0": [
      "schema 2.0: the fields are in ",
      mono("event"),
      ", the type in ",
      mono("header.event_type"),
    ],
    "1.0": ["schema 1.0: fields and ", mono("type"), " are in ", mono("event")],
    card: "none: the fields are the whole body",
  };
  const ids = { "2.0": "header.event_id", "1.0": "uuid" };
  const payload = of.schema === "card" ? "" : "/event";
  const repetition = of.dedupe
    ? mono(`${payload}${of.dedupe}`.slice(1).replaceAll("/", "."))
    : ids[of.schema] && mono(ids[of.schema]);
  return [
    crumb(`${crate.name} › events`, of.source),
    h("h1", { tabindex: "-1" }, name),
    prose(of.doc, crate, "lead"),
    of.replaced_by &&
      h(
        "p",
        { class: "note" },
        h("strong", {}, "For older apps. "),
        "New apps receive ",
        successor ? h("a", { href: link(successor.id) }, successor.name) : mono(of.replaced_by),
        " instead.",
      ),
    facts([
      ["Type", mono(breakable(of.id))],
      ["Kind", of.answer ? "callback: the platform waits for a response" : "event"],
      ["Feature", [mono("events"), " or ", mono("long-connection")]],
      ["Envelope", forms[of.schema]],
      ["Repetitions", repetition && ["have the same ", repetition]],
      scopes(of),
      ["For some fields", of.field_scopes && scopeLinks(of.field_scopes)],
      ["Also called", of.aliases && others(of.aliases)],
    ]),
    block("Rust", of.rust, "rust"),
    section(
      "Fields",
      undefined,
      of.fields.length ? fields(crate, of.fields, false) : h("p", {}, "None."),
    ),
    of.answer && section("Response to the callback", undefined, whole(crate, of.answer, true)),
    sample("Sample, with its envelope", of.example),
    of.curl &&
      h(
        "p",
        { class: "fine" },
        inline(
          "To try a webhook of your own, put its address into `WEBHOOK` and send it the sample, " +
            "whose verification token it has to expect.",
        ),
      ),
    of.curl && block("curl", of.curl, "shell"),
  ];
}

function codePage({ id, all }) {
  return all.map(({ crate, code }, index) => {
    const documents = entries.filter(
      (entry) => entry.crate === crate && entry.of.codes?.includes(id),
    );
    return [
      crumb(`${crate.name} › error codes`),
      h(index ? "h2" : "h1", { tabindex: "-1" }, `${id} ${code.name ?? ""}`.trim()),
      prose(code.doc, crate, "lead"),
      h("p", { class: "advice" }, inline(code.advice, crate)),
      facts([
        ["HTTP status", String(code.http)],
        ["Kind", words(code.kind)],
        ["Rust", code.name && mono(`${crate.name.replaceAll("-", "_")}::ErrorCode::${code.name}`)],
      ]),
      crate.crates
        ? h("p", { class: "fine" }, "Any operation of the platform can respond with it.")
        : section(
            "Documented by",
            count(documents.length, "operation"),
            h(
              "ul",
              { class: "plain" },
              documents.map((entry) => h("li", {}, h("a", { href: link(entry.id) }, entry.name))),
            ),
          ),
    ];
  });
}

function errors(crate, list) {
  return h(
    "dl",
    { class: "rows" },
    list.map((id) => {
      const code = crate.byCode.get(id);
      return h(
        "div",
        {},
        h(
          "dt",
          {},
          h("a", { href: link(id) }, h("code", { class: "name" }, id)),
          h("span", { class: "type" }, code.name),
          h("span", { class: "fine" }, `HTTP ${code.http}, ${words(code.kind)}`),
        ),
        h(
          "dd",
          {},
          prose(code.doc, crate),
          h("p", { class: "advice" }, inline(code.advice, crate)),
        ),
      );
    }),
  );
}

// -- Code ------------------------------------------------------------------------------------------

const TOKENS = {
  rust: /(?<c>\/\/[^\n]*)|(?<s>"(?:[^"\\]|\\.)*")|(?<k>\b(?:use|let|mut|if|else|match|return|async|await|move|while|for|in|Some|Ok|None|true|false)\b)|(?<n>\b\d[\d_]*(?:\.\d+)?\b)/g,
  json: /(?<k>"(?:[^"\\]|\\.)*"(?=:))|(?<s>"(?:[^"\\]|\\.)*")|(?<n>-?\b\d+(?:\.\d+)?\b|\b(?:true|false|null)\b)/g,
  shell: /(?<s>'[^']*'|"(?:[^"\\]|\\.)*")|(?<k>^curl\b|(?<=\s)-{1,2}[\w-]+)/gm,
};

function colored(text, language) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS[language])) {
    const [kind] = Object.entries(match.groups).find(([, found]) => found !== undefined);
    parts.push(text.slice(end, match.index), h("span", { class: kind }, match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

function block(name, text, language) {
  return h(
    "div",
    { class: "block" },
    h("h3", {}, name),
    copy(text, `Copy the ${name} code`),
    h(
      "pre",
      { tabindex: "0", role: "region", "aria-label": `${name} code` },
      mono(colored(text, language)),
    ),
  );
}

function sample(name, value) {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value, null, 2);
  return h(
    "details",
    {},
    h("summary", {}, name),
    h(
      "div",
      { class: "block bare" },
      copy(text, `Copy: ${name}`),
      h("pre", { tabindex: "0", role: "region", "aria-label": name }, mono(colored(text, "json"))),
    ),
  );
}

function copy(text, label) {
  // A page that was fetched without encryption has no clipboard.
  if (!navigator.clipboard) return undefined;
  const onclick = async ({ target }) => {
    const copied = navigator.clipboard.writeText(text);
    const said = await copied.then(
      () => "Copied",
      () => "Not allowed",
    );
    target.textContent = $("said").textContent = said;
    setTimeout(() => {
      target.textContent = "Copy";
      $("said").textContent = "";
    }, 1500);
  };
  return h("button", { type: "button", class: "copy", "aria-label": label, onclick }, "Copy");
}

// -- Where the reader is ---------------------------------------------------------------------------

let current;
/** The ID in the address that nothing has. */
let missing;
/** How far the list was read before an entry took its place on a narrow screen. */
let listTop = 0;

/** Remembers how far this was read, for when the reader comes back. */
const keepTop = () => history.replaceState({ top: scrollY }, "");

/** An address that somebody damaged leads to the list. */
function decoded(hash) {
  try {
    return decodeURIComponent(hash);
  } catch {
    return "";
  }
}

function show() {
  const hash = location.hash.slice(1);
  const isList = hash === "" || hash.startsWith("?");
  const id = isList ? "" : decoded(hash);
  const asked = new URLSearchParams(hash).get("q") ?? "";
  if (isList && asked !== query.value.trim()) query.value = asked;
  const before = current;
  current = byId.get(id);
  missing = current || id === "about" ? "" : id;
  if (missing) {
    query.value = missing;
    history.replaceState(null, "", `#?q=${encodeURIComponent(missing)}`);
  }
  const top = history.state?.top;

  const reading = current !== undefined || id === "about";
  document.body.classList.toggle("reading", reading);
  $("about").hidden = current !== undefined;
  $("entry").hidden = current === undefined;
  showList();
  mark();
  if (!current) {
    document.title = isList && asked ? `${asked} – ${title}` : title;
    $("entry").replaceChildren();
    if (before || top !== undefined) scrollTo(0, top ?? listTop);
    return;
  }
  const page = current.kind === "code" ? codePage : current.of.method ? operationPage : eventPage;
  const { name } = current;
  document.title = `${name || "Error"} (${current.id}) – ${title}`;
  $("entry").replaceChildren(h("div", {}, page(current)));
  scrollTo(0, top ?? 0);
  nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

/** Leaves the entry for the list. */
function close() {
  const from = current;
  location.hash = back();
  show();
  const anchor = anchors().find((anchor) => from && anchor.getAttribute("href") === link(from.id));
  (anchor ?? query).focus();
}

function move(step) {
  const list = anchors();
  const at = list.indexOf(document.activeElement) + step;
  if (at < 0) query.focus();
  else list[at]?.focus();
}

history.scrollRestoration = "manual";
addEventListener("pagehide", keepTop);
addEventListener("click", ({ target }) => {
  if (!target.closest("a[href^='#']")) return;
  if (!current) listTop = scrollY;
  keepTop();
});

addEventListener("hashchange", () => {
  const opened = current;
  show();
  if (current && current !== opened) $("entry").querySelector("h1").focus({ preventScroll: true });
});

query.addEventListener("input", () => {
  const text = query.value.trim();
  const address = text ? `#?q=${encodeURIComponent(text)}` : "#";
  // Back leads to the entry that was open, and not through every letter.
  if (current) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  show();
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const isSearching = event.target === query;
  const isListed = nav.contains(event.target) && event.target.matches("a");
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key === "/" && !isSearching) (query.select(), query.focus());
  else if (event.key in steps && (isListed || (isSearching && event.key === "ArrowDown")))
    move(steps[event.key]);
  else if (event.key === "Enter" && isSearching && query.value.trim()) anchors()[0]?.click();
  else if (event.key === "Escape" && isSearching && query.value) {
    query.value = "";
    query.dispatchEvent(new Event("input"));
  } else if (event.key === "Escape" && current) close();
  else if (event.key === "Escape") query.focus();
  else return;
  event.preventDefault();
});

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("details").focus();
});

// What is folded is printed as well.
addEventListener("beforeprint", () => {
  for (const details of $("entry").querySelectorAll("details")) {
    details.fill?.();
    details.open = true;
  }
});

// -- Colors ----------------------------------------------------------------------------------------

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

/** Storage is denied to some pages that are files. */
function stored(theme) {
  try {
    if (theme) localStorage.setItem("theme", theme);
    return localStorage.getItem("theme");
  } catch {
    return theme;
  }
}

function paint(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  const isDark = theme ? theme === "dark" : systemIsDark.matches;
  $("theme").setAttribute("aria-pressed", isDark);
  $("theme").title = isDark ? "Use the light theme" : "Use the dark theme";
  return isDark;
}

$("theme").addEventListener("click", () => {
  const isDark = $("theme").getAttribute("aria-pressed") === "true";
  paint(isDark ? "light" : "dark");
  stored(isDark ? "light" : "dark");
});
systemIsDark.addEventListener("change", () => paint(stored()));

// -- Beginning -------------------------------------------------------------------------------------

const choices = [["", "All"], ...data.crates.map((crate) => [crate.name, crate.name])];
$("crates").append(
  ...choices.map(([value, name]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: "crate", value, checked: value === "" }),
      h("span", {}, name),
    ),
  ),
);
$("crates").addEventListener("change", () => {
  showList();
  mark();
});
for (const id of ["query", "crates", "theme"]) $(id).hidden = false;
// The browser would go to the item of the list that has the ID, and not to the entry.
for (const item of document.querySelectorAll("#list li")) item.removeAttribute("id");
paint(stored());
show();

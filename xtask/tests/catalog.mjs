// Tries the page of all operations and events in a browser: `node xtask/tests/catalog.mjs [FILE]`.
// Screenshots are written to `target/catalog/`. Chromium is found in PATH, playwright-core in
// `target/tools`, where `.ci/run` installs it.

import assert from "node:assert/strict";
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const LINK = "im.v1.chat.link";
const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(join(root, "target/tools/"));
const { chromium } = require("playwright-core");

const file = resolve(process.argv[2] ?? join(root, "target/catalog.html"));
const url = pathToFileURL(file).href;
const screenshots = join(root, "target/catalog");
mkdirSync(screenshots, { recursive: true });

const browser = await chromium.launch({ executablePath: inPath("chromium") });
let failures = 0;
try {
  for (const [name, test] of Object.entries(tests())) {
    try {
      await test();
      console.log(`ok   ${name}`);
    } catch (error) {
      failures += 1;
      console.error(`FAIL ${name}\n${error.stack}\n`);
    }
  }
} finally {
  await browser.close();
}
console.log(`screenshots are in ${screenshots}`);
process.exitCode = failures ? 1 : 0;

function inPath(program) {
  const isProgram = (path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  const found = process.env.PATH.split(delimiter)
    .map((folder) => join(folder, program))
    .find(isProgram);
  assert(found, `${program} is not in PATH`);
  return found;
}

/** Opens the page. What it logs and what it fetches is a failure. */
async function open(hash = "", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message} ${error.stack}`));
  page.on("request", (request) => {
    const to = request.url();
    if (to.split("#")[0] !== url && !to.startsWith("data:")) complaints.push(`request: ${to}`);
  });
  await page.goto(url + hash);
  return {
    page,
    shoot: (name) => page.screenshot({ path: join(screenshots, `${name}.png`) }),
    results: () =>
      page
        .locator("#results li a")
        .evaluateAll((links) => links.map((link) => decodeURIComponent(link.hash.slice(1)))),
    async close() {
      assert.deepEqual(complaints, []);
      await context.close();
    },
  };
}

async function search(view, text) {
  await view.page.fill("#query", text);
  return view.results();
}

function tests() {
  return {
    async "the file is smaller than 1 MB"() {
      assert(statSync(file).size < 1_000_000);
    },

    async "the first result is the right one"() {
      const view = await open();
      for (const [asked, first] of [
        ["share link", LINK],
        ["sharing links", LINK],
        ["shrae link", LINK],
        ["群分享链接", LINK],
        ["群的分享链接", LINK],
        ["LinkChat", LINK],
        ["im.v1.chat.link", LINK],
        ["/open-apis/im/v1/chats/:chat_id/link", LINK],
        ["POST https://open.feishu.cn/open-apis/im/v1/chats/oc_1/link?a=1", LINK],
        ["232009", "232009"],
        ["ChatDissolved", "232009"],
        ["99991663", "99991663"],
        ["spaceNotExist", "spaceNotExist"],
        ["im.v1.chat.link: rejected: HTTP 400, code 232009", LINK],
        ["im.message.receive_v1", "im.message.receive_v1"],
        ["MessageReceived", "im.message.receive_v1"],
        ["接收消息", "im.message.receive_v1"],
        ["send message", "im.v1.message.create"],
        ["发送消息", "im.v1.message.create"],
        ["recall message", "im.v1.message.delete"],
        ["撤回", "im.v1.message.delete"],
        ["upload image", "im.v1.image.create"],
        ["create group", "im.v1.chat.create"],
        ["button click", "card.action.trigger"],
        // Titles as the vendors have them.
        ["合并转发消息", "im.v1.message.merge_forward"],
        ["批量撤回消息", "im.v1.batch_message.delete"],
        ["获取群成员列表", "im.v1.chat_members.get"],
        ["删除群管理员", "im.v1.chat_managers.delete_managers"],
        ["更新群发言权限", "im.v1.chat_moderation.update"],
        ["创建卡片实体", "cardkit.v1.card.create"],
        ["同意人工任务", "apaas.v1.approval_task.agree"],
        ["飞书 解散群聊", "im.v1.chat.delete"],
        ["转发", "im.v1.message.forward"],
        ["sql", "apaas.v1.workspace.sql_commands"],
        ["send a message", "im.v1.message.create"],
        ["delete group", "im.v1.chat.delete"],
        ["join group", "im.v1.chat_members.me_join"],
        ["add user to group", "im.v1.chat_members.create"],
        ["Remove users or bots from a group", "im.v1.chat_members.delete"],
        ["group announcement", "im.v1.chat_announcement.get"],
        ["is in chat", "im.v1.chat_members.is_in_chat"],
        ["emoji", "im.v1.message_reaction.list"],
        ["client.im.v1.message.create", "im.v1.message.create"],
        ["/im/v1/messages/om_1/reply", "im.v1.message.reply"],
        ["curl -X POST https://open.feishu.cn/open-apis/im/v1/chats", "im.v1.chat.create"],
        ["https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/chat/link", LINK],
      ]) {
        const found = await search(view, asked);
        assert.equal(found[0], first, `${asked}: ${found.slice(0, 5).join(", ")}`);
      }
      // Its sentences say image.
      assert((await search(view, "pictures")).includes("im.v1.message_resource.get"));
      await view.close();
    },

    async "a code that any operation can respond with has a page"() {
      const view = await open("#99991672");
      const text = await view.page.locator("#entry").innerText();
      assert.match(text, /^99991672$/m);
      assert.match(text, /Grant the app one of the operation's scopes/);
      assert.match(text, /Any operation of the platform/);
      assert.doesNotMatch(text, /undefined|ErrorCode::/);
      assert.match(await view.page.title(), /^Error \(99991672\)/);
      // One that an API documents as well has both.
      await view.page.goto(`${url}#99992361`);
      const both = await view.page.locator("#entry").innerText();
      assert.match(both, /^99992361 ForeignOpenIds$/m);
      assert.match(both, /^99992361$/m);
      await view.close();
    },

    async "a code, a scope and a field find the operations that have them"() {
      const view = await open();
      assert((await search(view, "232009")).includes(LINK));
      assert((await search(view, "im:chat:readonly")).includes(LINK));
      assert((await search(view, "validity_period")).includes(LINK));
      assert.match(await view.page.textContent("#results"), /field validity_period/);
      assert.deepEqual(await search(view, "xyzzy"), []);
      assert.match(await view.page.textContent("#count"), /^Nothing found/);
      await view.close();
    },

    async "results are counted for a screen reader, and limited to a crate"() {
      const view = await open();
      assert.equal(await view.page.getAttribute("#count", "role"), "status");
      const all = await search(view, "file");
      assert.equal(await view.page.textContent("#count"), `${all.length} results`);
      await view.page.getByLabel("dingtalk-convfile").check();
      const some = await view.results();
      assert(some.length > 0 && some.length < all.length);
      assert.match(await view.page.textContent("#count"), / in dingtalk-convfile$/);
      await view.page.fill("#query", "");
      assert.equal(await view.page.locator("#list section:visible").count(), 1);
      await view.close();
    },

    async "every entry opens by its address, and says the essentials"() {
      const view = await open();
      const ids = await view.page.evaluate(() => [...byId.keys()]);
      assert(ids.length > 300);
      for (const id of ids) {
        await view.page.evaluate((id) => {
          location.hash = link(id);
        }, id);
        await view.page.waitForFunction((id) => document.title.includes(`(${id})`), id);
        const text = await view.page.evaluate(() => {
          document.querySelectorAll("#entry details").forEach((details) => {
            details.fill?.();
            details.open = true;
          });
          return document.getElementById("entry").textContent;
        });
        assert(text.includes(id), id);
        assert(
          !/undefined|\[object|NaN/.test(text),
          `${id}: ${text.match(/.{40}(?:undefined|\[object|NaN).{20}/s)}`,
        );
      }
      await view.close();
    },

    async "an operation shows what a caller needs"() {
      const view = await open(`#${LINK}`);
      assert.equal(await view.page.title(), `LinkChat (${LINK}) – openplat catalog`);
      const text = await view.page.textContent("#entry");
      for (const part of [
        "/open-apis/im/v1/chats/",
        "the app's or a user's",
        "im:chat:readonly",
        "1000/min, 50/s",
        "validity_period",
        "Default: week.",
        "permanently",
        "share_link",
        "232009",
        "Nothing can be done with this chat any more",
        "LinkChat::new(",
        "curl -X POST 'https://open.feishu.cn/open-apis/im/v1/chats/oc_",
        "Bearer $TOKEN",
      ])
        assert(text.includes(part), part);
      const source = view.page.getByRole("link", { name: "Documentation" });
      assert.match(await source.getAttribute("href"), /^https:\/\/open\.feishu\.cn\//);
      await view.close();
    },

    async "Copy copies, or says that it may not"() {
      const view = await open(`#${LINK}`);
      const { page } = view;
      const button = page.getByRole("button", { name: "Copy the curl code" });
      const copied = () => page.evaluate(() => window.copied);
      const write = (how) =>
        page.evaluate((how) => {
          const writeText = new Function("text", how);
          Object.defineProperty(navigator, "clipboard", {
            configurable: true,
            value: how && { writeText },
          });
        }, how);
      await write("window.copied = text; return Promise.resolve();");
      await button.click();
      await page.waitForFunction(() => document.getElementById("said").textContent === "Copied");
      assert.match(await copied(), /^curl -X POST 'https:.*\n.*Bearer \$TOKEN/);
      await write("return Promise.reject(new DOMException('no', 'NotAllowedError'));");
      await button.click();
      await page.waitForFunction(
        () => document.getElementById("said").textContent === "Not allowed",
      );
      // A page that was fetched without encryption has no clipboard.
      await write("");
      await page.evaluate(() => show());
      assert.equal(await page.locator(".copy").count(), 0);
      await view.close();
    },

    async "an address of what is gone says so"() {
      const view = await open("#im.v1.chat.linked");
      assert.equal(await view.page.inputValue("#query"), "im.v1.chat.linked");
      assert.match(
        await view.page.textContent("#count"),
        /^Nothing has the ID im\.v1\.chat\.linked\. /,
      );
      await search(view, "xyzzy");
      assert.match(await view.page.textContent("#count"), /^Nothing found/);
      await view.close();
    },

    async "the reader can go back and forward"() {
      const view = await open();
      const { page } = view;
      await search(view, "share link");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => location.hash === "#im.v1.chat.link");
      await page.locator("#entry").getByRole("link", { name: "232009" }).click();
      assert.match(await page.textContent("#entry h1"), /232009 ChatDissolved/);
      assert.equal(await page.evaluate(() => scrollY), 0);
      await page.goBack();
      assert.equal(await page.textContent("#entry h1"), "LinkChat");
      assert((await page.evaluate(() => scrollY)) > 500, "the reader is where the code was");
      await page.goBack();
      assert.equal(await page.inputValue("#query"), "share link");
      assert(await page.isHidden("#entry"));
      await page.goForward();
      assert.equal(await page.textContent("#entry h1"), "LinkChat");
      await view.close();
      const shared = await open("#?q=%E6%92%A4%E5%9B%9E");
      assert.equal(await shared.page.inputValue("#query"), "撤回");
      assert.equal((await shared.results())[0], "im.v1.message.delete");
      await shared.close();
    },

    async "everything can be done with the keyboard"() {
      const view = await open();
      const { page } = view;
      const focus = () =>
        page.evaluate(
          () =>
            document.activeElement.id ||
            document.activeElement.hash ||
            document.activeElement.tagName,
        );
      await page.keyboard.press("Tab");
      assert.equal(
        await page.evaluate(() => document.activeElement.textContent),
        "Skip to the details",
      );
      await page.keyboard.press("Enter");
      assert.equal(await focus(), "details");
      await page.keyboard.press("/");
      assert.equal(await focus(), "query");
      await page.keyboard.type("share link");
      await page.keyboard.press("ArrowDown");
      assert.equal(await focus(), `#${LINK}`);
      await page.keyboard.press("ArrowDown");
      assert.notEqual(await focus(), `#${LINK}`);
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#entry h1");
      assert.equal(await focus(), "H1");
      await page.keyboard.press("Escape");
      assert.equal(await focus(), `#${LINK}`);
      await page.keyboard.press("ArrowUp");
      assert.equal(await focus(), "query");
      await page.keyboard.press("Escape");
      assert.equal(await page.inputValue("#query"), "");
      assert(await page.isVisible("#list"));
      await view.close();
    },

    async "roles, names and contrast are right, light and dark"() {
      for (const colorScheme of ["light", "dark"]) {
        for (const hash of [
          "",
          "#?q=link",
          `#${LINK}`,
          "#im.v1.image.create",
          "#card.action.trigger",
          "#232009",
        ]) {
          const view = await open(hash, { colorScheme });
          assert.deepEqual(await view.page.evaluate(faults), [], `${hash} ${colorScheme}`);
          await view.close();
        }
      }
    },

    async "the theme is that of the system, or the reader's"() {
      const background = (page) =>
        page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await open("", { colorScheme: "light" });
      const dark = await open("", { colorScheme: "dark" });
      assert.notEqual(await background(light.page), await background(dark.page));
      await light.page.getByRole("button", { name: "Dark theme" }).click();
      assert.equal(await background(light.page), await background(dark.page));
      await light.page.reload();
      assert.equal(await background(light.page), await background(dark.page));
      await light.close();
      await dark.close();
    },

    async "a finger finds what it is meant for"() {
      for (const hash of ["", "#?q=link", `#${LINK}`, "#im.v1.message.list", "#232009"]) {
        const view = await open(hash, PHONE);
        const small = await view.page.evaluate(() =>
          [...document.querySelectorAll("li a, dt a, .bar a, .crumb a, button, summary")]
            .filter((element) => element.checkVisibility())
            .filter((element) => element.getBoundingClientRect().height < 24)
            .map((element) => element.textContent),
        );
        assert.deepEqual(small, [], hash);
        await view.close();
      }
    },

    async "what is chosen is seen in the reader's own colors"() {
      const view = await open(`#${LINK}`, { forcedColors: "active" });
      for (const chosen of ["nav [aria-current]", "#crates input:checked + span"]) {
        const style = await view.page
          .locator(chosen)
          .evaluate((element) => getComputedStyle(element).outlineStyle);
        assert.equal(style, "solid", chosen);
      }
      await view.close();
    },

    async "nothing is wider than a phone"() {
      for (const hash of [
        "",
        "#?q=chat",
        "#about",
        `#${LINK}`,
        "#im.v1.message.create",
        "#232009",
        "#card.action.trigger",
      ]) {
        const view = await open(hash, PHONE);
        const { page } = view;
        await page.evaluate(() =>
          document.querySelectorAll("#entry details").forEach((details) => {
            details.open = true;
          }),
        );
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert(width <= 390, `${hash || "the list"} is ${width} wide`);
        await view.close();
      }
    },

    async "a phone shows the list or an entry"() {
      const view = await open("", PHONE);
      const { page } = view;
      await page.getByRole("link", { name: "LinkChat" }).first().tap();
      await page.waitForSelector("#entry h1");
      assert(await page.isHidden("nav"));
      await page.getByRole("link", { name: "All entries" }).tap();
      assert(await page.isVisible("nav"));
      await view.close();
    },

    async "without JavaScript, the page is a list"() {
      const view = await open("", { javaScriptEnabled: false });
      const { page } = view;
      const text = await page.innerText("nav");
      for (const part of [
        "LinkChat",
        "/open-apis/im/v1/chats/:chat_id/link",
        "MessageReceived",
        "im:chat:readonly or ",
      ]) {
        assert(text.includes(part), part);
      }
      assert(!text.includes("schema card"));
      assert(await page.isHidden("#query"));
      await view.shoot("no-script");
      await view.close();
    },

    async "what is folded is printed, and what is for the screen is not"() {
      const view = await open(`#${LINK}`);
      const { page } = view;
      await page.emulateMedia({ media: "print" });
      assert((await page.isHidden("nav")) && (await page.isHidden("header")));
      const pdf = await page.pdf({ path: join(screenshots, "print.pdf") });
      assert(pdf.length > 10_000);
      assert.equal(await page.locator("#entry details:not([open])").count(), 0);
      await view.close();
    },

    async "screenshots are taken"() {
      for (const colorScheme of ["light", "dark"]) {
        for (const [name, hash] of [
          ["home", ""],
          ["search", "#?q=share%20link"],
          ["operation", `#${LINK}`],
          ["event", "#im.message.receive_v1"],
          ["code", "#232009"],
          ["message", "#im.v1.message.create"],
        ]) {
          for (const [size, options] of [
            ["wide", {}],
            ["phone", PHONE],
          ]) {
            const view = await open(hash, { ...options, colorScheme });
            await view.shoot(`${name}-${size}-${colorScheme}`);
            await view.close();
          }
        }
      }
    },
  };
}

/** What a reader with a screen reader, or with weak eyes, would stumble over. Runs in the page. */
function faults() {
  const found = [];
  const isSeen = (element) => element.checkVisibility();
  const all = (selector) => [...document.querySelectorAll(selector)].filter(isSeen);
  const name = (element) =>
    (
      element.getAttribute("aria-label") ??
      element.labels?.[0]?.textContent ??
      element.textContent
    ).trim();

  if (!document.documentElement.lang) found.push("no language");
  for (const landmark of ["header", "search", "nav", "main"]) {
    if (document.querySelectorAll(landmark).length !== 1) found.push(`not one ${landmark}`);
  }
  if (all("h1").length !== 1) found.push(`${all("h1").length} h1`);
  for (const element of all("button, a[href], input, pre[tabindex]")) {
    if (!name(element)) found.push(`no name: ${element.outerHTML.slice(0, 80)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length) found.push(`ids twice: ${twice}`);
  for (const element of document.querySelectorAll(
    "[aria-controls], [aria-describedby], label[for]",
  )) {
    for (const attribute of ["aria-controls", "aria-describedby", "for"]) {
      const id = element.getAttribute(attribute);
      if (id && !document.getElementById(id)) found.push(`${attribute} ${id}`);
    }
  }

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (color) => {
    const [r, g, b] = [...color].map((part) =>
      part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (
      !texts.currentNode.data.trim() ||
      !isSeen(element) ||
      element.closest("script, style, noscript")
    )
      continue;
    const pair = [rgb(getComputedStyle(element).color), behind(element)];
    if (seen.has(pair.join())) continue;
    seen.add(pair.join());
    const [light, dark] = pair.map(luminance).sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5)
      found.push(`contrast ${contrast.toFixed(2)}: ${texts.currentNode.data.trim().slice(0, 40)}`);
  }
  return found;
}

// The page at `/`: units with their colours, newest warnings, and the reasons of one of them, live
// over /v1/stream. It keeps the token for this tab only and asks nobody but its own daemon.
"use strict";

const WORDS = {
  zh: {
    title: "廉情", token: "访问令牌", open: "打开", leave: "退出", other: "English",
    token_hint: "由 lianqing token create --role viewer 建立；只保存在本页签中。",
    units: "单位", unit: "单位", colour: "颜色", since: "起始", reasons: "规则", warnings: "最新预警", find: "按名称或编号筛选",
    live: "实时", waiting: "连接中断，正在重连…", refused: "令牌无效或无权限", loading: "读取中…",
    red: "红", yellow: "黄", green: "绿", grey: "灰（数据不足）", unregistered: "未登记", more: n => `另有 ${n} 个单位，请筛选`,
    back: "返回", rules: "各规则", next: "怎样会变", why: "依据（全部条件）", evidence: "证据", values: "指标值", none: "目前没有高于绿色的规则",
    all: "其余规则为绿", blank: n => `${n} 条规则数据不足，未作判断`, computed: "计算颜色", total: n => `共 ${n} 件，最新：`, at: "时间", cause: "原因", duty: "职责", pack: "规则包",
    causes: { event: "事件", timer: "时间推移", correction: "更正", retraction: "撤回", activation: "规则启用", decision: "决定" },
    ops: { and: "同时满足", or: "任一满足", not: "不满足", "?:": "视条件而定" },
    late: "逾期", done: "完成于",
    ended: { cleared: "条件缓解", revoked: "已撤销" }, since_when: t => `自 ${t}`,
    as_tree: "按隶属关系", parent: "上级单位", below: "下级单位", comma: "、", state: "状态",
    overdue: n => `逾期未办 ${n} 项`, obligation: "义务", due: "时限", workdays: "逾期工作日", all_late: n => `全部 ${n} 项`, times: n => `×${n}`,
    tally: c => `预警办理：建档 ${c.opened} = 在办 ${c.open} + 解除 ${c.cleared} + 撤销 ${c.revoked} + 不成立 ${c.dismissed} + 并案 ${c.merged}（结束满两年的不计）`,
    fresh: (n, all) => (n < all ? `数据：${all} 个来源中 ${n} 个有记录` : `数据：${n} 个来源正常`), stale: (n, all) => `数据：${all} 个来源中 ${n} 个中断`, source: "来源", newest: "最新记录", sound: "正常", silent: "中断", unheard: "尚无记录",
    trend: "近十二个月新升级的预警", trend_text: (yellow, red) => `近十二个月：升为黄 ${yellow} 次，升为红 ${red} 次`, month: "月份",
    footer: "颜色是提示，不是结论；对象是单位，不是个人。", printed: t => `打印于 ${t}`,
  },
  en: {
    title: "lianqing", token: "Access token", open: "Open", leave: "Leave", other: "中文",
    token_hint: "Made by lianqing token create --role viewer; kept in this tab only.",
    units: "Units", unit: "Unit", colour: "Colour", since: "Since", reasons: "Rules", warnings: "Newest warnings", find: "filter by name or id",
    live: "live", waiting: "connection lost, trying again…", refused: "the token is not valid or may not read", loading: "loading…",
    red: "red", yellow: "yellow", green: "green", grey: "grey (no data)", unregistered: "not registered", more: n => `${n} more units: filter to see them`,
    back: "Back", rules: "Rules", next: "What would change it", why: "Why (every condition)", evidence: "Evidence", values: "Values", none: "No rule is above green",
    all: "All other rules are green", blank: n => `${n} rules lack data and say nothing`, computed: "computed colour", total: n => `${n} in all, newest:`, at: "Time", cause: "Cause", duty: "Duty", pack: "Rule set",
    causes: { event: "event", timer: "passing time", correction: "correction", retraction: "retraction", activation: "rules activated", decision: "decision" },
    ops: { and: "all of", or: "any of", not: "not", "?:": "depending on" },
    late: "late", done: "done",
    ended: { cleared: "cleared", revoked: "revoked" }, since_when: t => `since ${t}`,
    as_tree: "As a tree", parent: "Belongs to", below: "Units below", comma: ", ", state: "State",
    overdue: n => `Overdue: ${n}`, obligation: "Obligation", due: "Due", workdays: "Working days late", all_late: n => `All ${n}`, times: n => `×${n}`,
    tally: c => `Cases: ${c.opened} opened = ${c.open} open + ${c.cleared} cleared + ${c.revoked} revoked + ${c.dismissed} dismissed + ${c.merged} merged (over for two years: not counted)`,
    fresh: (n, all) => (n < all ? `Data: ${n} of ${all} sources heard` : `Data: ${n} sources in order`), stale: (n, all) => `Data: ${n} of ${all} sources silent`, source: "Source", newest: "Newest record", sound: "in order", silent: "silent", unheard: "no record yet",
    trend: "Warnings that rose in the last twelve months", trend_text: (yellow, red) => `In the last twelve months: ${yellow} times to yellow, ${red} times to red`, month: "Month",
    footer: "A colour is a prompt to look, not a finding of guilt; its subject is a unit, never a person.", printed: t => `Printed ${t}`,
  },
};
const SYMBOLS = { red: "▲", yellow: "◆", green: "●", grey: "○" };
const RANKS = { red: 3, yellow: 2, grey: 1, green: 0 };
const SHOWN_UNITS = 300, SHOWN_WARNINGS = 100, SHOWN_LATE = 10, SHOWN_RULES = 4;

let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let token = sessionStorage.getItem("token") || "";
let position = "";          // of the newest event of the stream taken
let state = "", run = 0, only = "", shown = null, all_late = false;
let as_tree = localStorage.getItem("as_tree") === "yes";
let units = new Map();      // id -> {name, parent, colour, computed, registered, overdue, levels: Map(rule[key] -> {rule, key, level, since})}
let cases = null;           // counts that reconcile
let sources = [];           // that the pack watches; none for a token that is limited to units
let titles = new Map();     // rule -> {zh, en}
let warnings = [];

const $ = id => document.getElementById(id);
const t = word => WORDS[language][word];
const both = text => (text && (text[language] || text.zh || text.en)) || "";

// element("td", {class: "x"}, child, "text", ...)
function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== null && value !== false) e.setAttribute(key, value);
  }
  e.append(...children.filter(c => c !== null && c !== undefined));
  return e;
}
const symbol = level => element("span", { "aria-hidden": "true" }, SYMBOLS[level] + " ");
const coloured = (level, ...more) => element("span", { class: "level " + level }, symbol(level), t(level), ...more);
// Puts new children into a place; who stood on a link or button there stands on its successor.
function replace(place, ...children) {
  const mark = e => e.getAttribute("href") || e.dataset.focus;
  const on = place.contains(document.activeElement) ? mark(document.activeElement) : null;
  place.replaceChildren(...children);
  if (on) [...place.querySelectorAll("a[href], [data-focus]")].find(e => mark(e) === on)?.focus({ preventScroll: true });
}
function when(text) {
  if (!text) return "";
  const pad = n => String(n).padStart(2, "0"), d = new Date(text);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}`;
}
// A deadline at a local midnight is the end of the day before.
function deadline(text) {
  const d = new Date(text);
  if (d.getHours() || d.getMinutes() || d.getSeconds()) return when(text);
  return when(new Date(d.getTime() - 1)).slice(0, 10) + " 24:00";
}
const ruleTitle = (rule, key) => (both(titles.get(rule)) || rule) + (key === null || key === undefined ? "" : ` [${key}]`);
const unitName = id => both((units.get(id) || {}).name) || id;

// ---- what is known ------------------------------------------------------------------------------

const ask = (path, more) => fetch(path, { headers: { Authorization: "Bearer " + token, ...more } });

function put(unit, rule, key, level, since) {
  if (!units.has(unit)) units.set(unit, { name: null, parent: null, colour: null, registered: true, overdue: [], levels: new Map() });
  const levels = units.get(unit).levels, id = JSON.stringify([rule, key]);
  if (level === "green") levels.delete(id); else levels.set(id, { rule, key, level, since });
}
// The daemon states the colour; until it has, it is the highest level.
function colourOf(unit) {
  if (unit.colour) return unit.colour;
  return [...unit.levels.values()].reduce((a, b) => (RANKS[b.level] > RANKS[a] ? b.level : a), "green");
}

async function readUnits(mine) {
  const found = new Map();
  let counts = null, watched = [];
  for (let cursor = ""; cursor !== null && mine === run;) {
    const answer = await ask("/v1/units?limit=1000&cases=true" + cursor);
    if (!answer.ok) return answer.status;
    const page = await answer.json();
    for (const u of page.units) {
      const levels = new Map((u.levels || []).map(l => [JSON.stringify([l.rule, l.key]), l]));
      found.set(u.unit, { name: u.name || null, parent: u.parent, overdue: u.overdue, colour: u.colour, computed: u.computed, grey: u.grey, since: u.since, registered: u.registered, levels });
    }
    counts = page.cases;
    watched = page.sources || [];
    cursor = page.next === null ? null : "&cursor=" + encodeURIComponent(page.next);
  }
  if (mine === run) {
    units = found;
    cases = counts;
    sources = watched;
  }
  return 200;
}
async function begin(mine) {
  warnings = [];
  const status = await readUnits(mine);
  if (status !== 200) return status;
  const rules = await ask("/v1/rules");
  if (rules.ok) titles = new Map((await rules.json()).rules.map(r => [r.rule, r.title]));
  const newest = await ask("/v1/warnings?limit=50");
  if (newest.ok) warnings = (await newest.json()).warnings.filter(w => !w.shadow);
  if (mine === run && !$("detail").hidden) route();  // it was drawn without names
  return 200;
}

let stale = null;  // a reading of the units that is due
function freshen() {
  if (stale) return;
  const mine = run;
  stale = setTimeout(async () => {
    stale = null;
    if (mine === run && await readUnits(mine).catch(() => 0) === 200) soon();
  }, 1000);
}
function take(event, id, data) {
  if (event === "snapshot") put(data.unit, data.rule, data.key, data.level, data.since);
  if (event === "warning" && !data.shadow) {
    put(data.unit, data.rule, data.key, data.to, data.time);
    warnings.unshift(data);
    warnings.length = Math.min(warnings.length, SHOWN_WARNINGS);
    units.get(data.unit).colour = null;
    freshen();
  }
  if (event === "colour") freshen();
  if (id) position = id;
  soon();
}
async function follow(mine) {
  while (mine === run) {
    try {
      if (!position) {
        say("loading");
        const status = await begin(mine);
        if (status === 401 || status === 403) return refuse();
      }
      if (position) freshen();  // colours that changed meanwhile are not told again
      const answer = await ask("/v1/stream", position ? { "Last-Event-ID": position } : {});
      if (answer.status === 401 || answer.status === 403) return refuse();
      if (!answer.ok) throw new Error("the stream answered " + answer.status);
      say("live");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = "", part; mine === run && !(part = await reader.read()).done;) {
        text += part.value;
        for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
          const fields = {};
          for (const line of text.slice(0, end).split("\n")) {
            const at = line.indexOf(": ");
            if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
          }
          if (fields.data) take(fields.event, fields.id, JSON.parse(fields.data));
        }
      }
    } catch (error) { console.error(error); }
    if (mine === run) say("waiting");
    await new Promise(done => setTimeout(done, 2000));
  }
}
function enter() {
  sessionStorage.setItem("token", token);
  position = "";
  $("enter").hidden = true;
  $("rooms").hidden = $("leave").hidden = false;
  follow(++run);
  route();
}
function leave(word) {
  ++run;
  sessionStorage.removeItem("token");
  token = $("token").value = "";
  units = new Map();
  cases = null;
  sources = warnings = [];
  $("detail").replaceChildren();
  $("enter").hidden = false;
  $("rooms").hidden = $("leave").hidden = true;
  say(word || "");
}
const refuse = () => leave("refused");

// ---- what is seen -------------------------------------------------------------------------------

let drawing = false;
function soon() {
  if (drawing) return;
  drawing = true;
  setTimeout(() => { drawing = false; draw(); }, 120);
}
function say(word) { state = word; soon(); }

function draw() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = t("title");
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  $("language").textContent = t("other");
  for (const e of document.querySelectorAll("[data-l]")) e.setAttribute("aria-label", t(e.dataset.l));
  $("find").placeholder = t("find");
  $("language").lang = language === "zh" ? "en" : "zh-CN";
  $("as_tree").setAttribute("aria-pressed", String(as_tree));
  $("state").textContent = state && t(state);
  drawCounts();
  drawUnits();
  drawSources();
  drawLate();
  replace($("warnings"), ...warnings.map(warningLine));
}
function drawSources() {
  const stale = sources.filter(s => s.stale).length, heard = sources.filter(s => s.last).length;
  const colour = stale ? "red" : heard < sources.length ? "grey" : "green";
  $("fresh").hidden = sources.length === 0;
  $("fresh").firstElementChild.replaceChildren(element("span", { class: colour }, symbol(colour),
    stale ? t("stale")(stale, sources.length) : t("fresh")(heard, sources.length)));
  replace($("sources"), element("table", {}, element("thead", {}, headings("source", "newest", "state")), element("tbody", {}, ...sources.map(s =>
    element("tr", {}, element("td", {}, s.source), element("td", { class: "nowrap" }, when(s.last)), element("td", { class: s.stale ? "red" : s.last ? "green" : "grey" }, t(s.stale ? "silent" : s.last ? "sound" : "unheard")))))));
}
// What is overdue in all units, the longest overdue first.
function drawLate() {
  const late = [...units].flatMap(([id, unit]) => (unit.overdue || []).map(o => ({ id, ...o })))
    .sort((a, b) => b.workdays - a.workdays || (a.due < b.due ? -1 : a.due > b.due ? 1 : a.id < b.id ? -1 : 1));
  $("late").hidden = cases === null;
  $("late_title").textContent = t("overdue")(late.length);
  $("tally").textContent = cases ? t("tally")(cases) : "";
  $("late_table").hidden = late.length === 0;
  replace($("overdue"), ...late.slice(0, all_late ? late.length : SHOWN_LATE).map(o => element("tr", {},
    element("td", {}, element("a", { href: "#unit/" + encodeURIComponent(o.id) + "/" + encodeURIComponent(o.case + o.duty) }, unitName(o.id))),
    element("td", {}, both(o.title), element("div", { class: "dim small" }, ruleTitle(o.rule, o.key))),
    element("td", { class: "nowrap" }, deadline(o.due).slice(0, 10)), element("td", { class: "number" }, o.workdays === null ? "?" : String(o.workdays)))));
  $("all_late").hidden = all_late || late.length <= SHOWN_LATE;
  $("all_late").textContent = t("all_late")(late.length);
}
const headings = (...words) => element("tr", {}, ...words.map(w => element("th", { scope: "col" }, t(w))));
function drawCounts() {
  const count = { red: 0, yellow: 0, grey: 0, green: 0 };
  for (const unit of units.values()) ++count[colourOf(unit)];
  replace($("counts"), ...Object.keys(count).filter(c => c !== "grey" || count.grey).map(colour => {
    const button = element("button", { class: colour, type: "button", "data-focus": colour, "aria-pressed": String(only === colour) }, symbol(colour), `${t(colour)} ${count[colour]}`);
    button.onclick = () => { only = only === colour ? "" : colour; draw(); };
    return button;
  }));
  $("counts").hidden = units.size === 0;
}
// The same rule with several keys is named once.
function ruleNames(levels) {
  const rules = new Map();
  for (const l of levels) rules.set(l.rule, [...(rules.get(l.rule) || []), l.key]);
  const names = [...rules].map(([rule, keys]) => (keys.length === 1 ? ruleTitle(rule, keys[0]) : ruleTitle(rule) + " " + t("times")(keys.length)));
  return names.slice(0, SHOWN_RULES).join(t("comma")) + (names.length > SHOWN_RULES ? ` … +${names.length - SHOWN_RULES}` : "");
}
// In the order of the tree, with the depth of each; above what was found stands what it belongs to.
function treeOf(rows) {
  const wanted = new Map(rows.map(r => [r.id, r]));
  for (const { unit } of rows) {
    for (let id = unit.parent; id && units.has(id) && !wanted.has(id); id = units.get(id).parent) wanted.set(id, { id, unit: units.get(id), colour: colourOf(units.get(id)) });
  }
  const below = new Map(), out = [], seen = new Set();
  for (const row of [...wanted.values()].sort(byColour)) {
    const parent = wanted.has(row.unit.parent) ? row.unit.parent : "";
    below.set(parent, [...(below.get(parent) || []), row]);
  }
  const visit = (row, depth) => {
    if (seen.has(row.id)) return;
    seen.add(row.id);
    out.push({ ...row, depth });
    for (const next of below.get(row.id) || []) visit(next, depth + 1);
  };
  for (const row of below.get("") || []) visit(row, 0);
  for (const row of wanted.values()) visit(row, 0);  // in a circle
  return out;
}
const byColour = (a, b) => RANKS[b.colour] - RANKS[a.colour] || (a.id < b.id ? -1 : 1);
function drawUnits() {
  const wanted = $("find").value.trim().toLowerCase();
  let rows = [...units].map(([id, unit]) => ({ id, unit, colour: colourOf(unit) }))
    .filter(r => (!only || r.colour === only) && (!wanted || (r.id + " " + unitName(r.id)).toLowerCase().includes(wanted)))
    .sort(byColour);
  if (as_tree) rows = treeOf(rows);
  replace($("units"), ...rows.slice(0, SHOWN_UNITS).map(({ id, unit, colour, depth }) => {
    const levels = [...unit.levels.values()].sort((a, b) => RANKS[b.level] - RANKS[a.level]);
    const since = unit.since || (levels[0] && levels[0].since);
    const indent = element("td", {}, element("a", { href: "#unit/" + encodeURIComponent(id) }, unitName(id)),
      unit.registered ? null : element("span", { class: "dim small" }, " " + t("unregistered")));
    if (depth) indent.style.paddingLeft = `${0.5 + 1.4 * depth}em`;
    const tr = element("tr", { "data-unit": id, "aria-current": shown && shown.unit === id ? "true" : null }, indent,
      element("td", { class: "level " + colour, title: unit.grey ? t("grey") : null }, symbol(colour), t(colour),
        unit.grey ? element("span", { role: "img", "aria-label": t("grey") }, " ○") : null),
      element("td", { class: "since dim nowrap" }, when(since).slice(0, 10)),
      element("td", { class: "reasons small" }, ruleNames(levels)));
    tr.onclick = () => { location.hash = "#unit/" + encodeURIComponent(id); };
    return tr;
  }));
  $("more").textContent = rows.length > SHOWN_UNITS ? t("more")(rows.length - SHOWN_UNITS) : "";
}
function warningLine(w) {
  const li = element("li", { "data-warning": w.id },
    element("div", {}, coloured(w.from), " → ", coloured(w.to), w.ended ? element("span", { class: "dim small" }, " " + t("ended")[w.ended]) : null,
      element("span", { class: "dim small" }, "  " + when(w.time))),
    element("div", {}, element("a", { href: "#warning/" + encodeURIComponent(w.id) }, `${unitName(w.unit)}  ${ruleTitle(w.rule, w.key)}`)),
    element("div", { class: "small" }, both(w.because)));
  li.onclick = () => { location.hash = "#warning/" + encodeURIComponent(w.id); };
  return li;
}

function leaf(node) {
  const limit = node.limit_name !== undefined && node.limit_name !== String(node.limit) ? ` (${node.limit_name} = ${JSON.stringify(node.limit)})` : "";
  return [element("code", {}, node.leaf), element("span", { class: "dim" }, node.value === undefined ? "" : `  = ${JSON.stringify(node.value)}${limit}`)];
}
function tree(node) {
  if (!node) return null;
  const verdict = node.verdict ? "yes" : "no";
  if (!node.all) return element("li", { class: verdict }, ...leaf(node));
  return element("li", { class: verdict }, t("ops")[node.op] || node.op, element("ul", { class: "tree" }, ...node.all.map(tree)));
}
function heading(...what) {
  const back = element("button", { type: "button" }, t("back"));
  back.onclick = () => { location.hash = ""; };
  return element("div", {}, element("p", {}, back), element("h2", { id: "detail_title" }, ...what));
}
function list(lines) { return element("ul", {}, ...lines.map(l => element("li", {}, l))); }

const unitLink = id => element("a", { href: "#unit/" + encodeURIComponent(id) }, unitName(id));
function joined(nodes) { return nodes.flatMap((n, i) => (i ? [t("comma"), n] : [n])); }
function duties(c) {
  return element("table", {}, element("thead", {}, headings("obligation", "due", "state")), element("tbody", {}, ...(c.duties || []).map(x => element("tr", {},
    element("td", {}, both(x.title)), element("td", { class: "nowrap" }, x.due ? deadline(x.due) : both(x.unknown)),
    element("td", {}, x.late && !x.done ? element("span", { class: "red" }, t("late")) : x.late ? t("late") : null, x.done ? " " + t("done") + " " + when(x.done) : null,
      x.next && x.next.rung ? " → " + both(x.next.rung_title) + " " + when(x.next.at) : null)))));
}
// One bar a month: how often a rule rose to yellow (outlined) and to red (filled).
function trend(risen) {
  const months = [], now = new Date();
  for (let back = 11; back >= 0; --back) {
    const d = new Date(now.getFullYear(), now.getMonth() - back, 1);
    months.push({ label: when(d).slice(0, 7), yellow: 0, red: 0 });
  }
  for (const w of risen) {
    const month = months.find(m => m.label === when(w.time).slice(0, 7));
    if (month && RANKS[w.to] > RANKS[w.from]) ++month[w.to];
  }
  const most = Math.max(1, ...months.map(m => m.yellow + m.red)), sum = level => months.reduce((n, m) => n + m[level], 0);
  const shape = (name, attributes, ...children) => {
    const e = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
    e.append(...children);
    return e;
  };
  const svg = shape("svg", { class: "trend", viewBox: "0 0 360 84", role: "img", "aria-label": t("trend_text")(sum("yellow"), sum("red")) },
    shape("line", { x1: 0, x2: 360, y1: 68, y2: 68 }));
  months.forEach((m, i) => {
    const red = 56 * m.red / most, yellow = 56 * m.yellow / most, x = 30 * i + 6;
    if (m.red) svg.append(shape("rect", { class: "bar-red", x, y: 68 - red, width: 18, height: red }));
    if (m.yellow) svg.append(shape("rect", { class: "bar-yellow", x, y: 68 - red - yellow, width: 18, height: yellow }));
    if (m.red + m.yellow) svg.append(shape("text", { x: x + 9, y: 65 - red - yellow, "text-anchor": "middle" }, String(m.red + m.yellow)));
    svg.append(shape("text", { x: x + 9, y: 79, "text-anchor": "middle" }, m.label.slice(2)));
  });
  const table = element("table", { class: "unseen" }, element("thead", {}, headings("month", "yellow", "red")),
    element("tbody", {}, ...months.map(m => element("tr", {}, element("th", { scope: "row" }, m.label), element("td", {}, m.yellow), element("td", {}, m.red)))));
  return [element("h3", {}, t("trend")), svg, element("p", { class: "small dim" }, t("trend_text")(sum("yellow"), sum("red"))), table];
}
async function warningsOf(id) {
  const since = new Date();
  since.setMonth(since.getMonth() - 11, 1);
  since.setHours(0, 0, 0, 0);
  const out = [], path = `/v1/warnings?unit=${encodeURIComponent(id)}&since=${encodeURIComponent(since.toISOString())}&limit=1000`;
  for (let cursor = "", pages = 0; cursor !== null && pages < 5; ++pages) {
    const answer = await ask(path + cursor);
    if (!answer.ok) break;
    const page = await answer.json();
    out.push(...page.warnings.filter(w => !w.shadow));
    cursor = page.next === null ? null : "&cursor=" + encodeURIComponent(page.next);
  }
  return out;
}

function unitDetail(d, risen) {
  const raised = d.levels.filter(l => l.level !== "green"), blank = d.levels.filter(l => l.level === "green" && l.grey), rest = d.levels.length - raised.length - blank.length;
  const out = [heading(unitName(d.unit), "  ", coloured(d.colour)), element("p", { class: "dim" }, d.unit)];
  if (d.computed && d.computed !== d.colour) out.push(element("p", {}, t("computed"), "  ", coloured(d.computed)));
  if (d.text) out.push(element("p", { class: "small" }, both(d.text)));
  const parent = (units.get(d.unit) || {}).parent, below = [...units].filter(([, u]) => u.parent === d.unit).map(([id]) => id);
  if (parent) out.push(element("p", { class: "small" }, t("parent") + "  ", unitLink(parent)));
  if (below.length) out.push(element("p", { class: "small" }, t("below") + "  ", ...joined(below.map(id => element("span", { class: "nowrap" }, unitLink(id), " ", element("span", { class: colourOf(units.get(id)), role: "img", "aria-label": t(colourOf(units.get(id))) }, SYMBOLS[colourOf(units.get(id))]))))));
  out.push(...trend(risen));
  for (const c of d.open_cases || []) {
    out.push(element("h3", {}, coloured(c.counts_as), "  ", ruleTitle(c.rule, c.key), "  ", both(c.state_text)));
    if (c.duties && c.duties.length) out.push(duties(c));
  }
  if (raised.length === 0) out.push(element("p", {}, t("none")));
  for (const l of raised) {
    out.push(element("h3", {}, coloured(l.level), "  ", both(l.title) + (l.key === null ? "" : ` [${l.key}]`), l.grey ? element("span", { class: "grey" }, "  ○ " + t("grey")) : null));
    out.push(element("p", {}, both(l.because), element("span", { class: "dim small" }, l.since ? "  " + t("since_when")(when(l.since)) : "")));
    if (l.next && l.next.length) out.push(list(l.next.map(n => both(n.text))));
  }
  if (rest > 0 && raised.length > 0) out.push(element("p", { class: "dim" }, t("all")));
  if (blank.length) out.push(element("details", {}, element("summary", { class: "grey" }, symbol("grey"), t("blank")(blank.length)), list(blank.map(l => `${both(l.title)}${l.key === null ? "" : ` [${l.key}]`}  ${both(l.because)}`))));
  if (risen.length) out.push(element("h3", {}, t("warnings")), element("ol", { id: "unit_warnings" }, ...risen.slice(0, SHOWN_WARNINGS).map(warningLine)));
  return out;
}
function warningDetail(w) {
  const facts = [[t("unit"), element("a", { href: "#unit/" + encodeURIComponent(w.unit) }, unitName(w.unit))], [t("at"), when(w.time)], [t("cause"), t("causes")[w.cause] || w.cause],
    [t("values"), Object.entries(w.values).map(([k, v]) => `${k} = ${v}`).join(t("comma"))], [t("duty"), w.duty && (w.duty.name || w.duty)], [t("pack"), w.rules.slice(0, 16)]];
  const out = [heading(ruleTitle(w.rule, w.key), "  ", coloured(w.from), " → ", coloured(w.to)), element("p", {}, both(w.because)),
    element("table", {}, ...facts.filter(f => f[1]).map(f => element("tr", {}, element("th", { scope: "row" }, f[0]), element("td", {}, f[1]))))];
  if (w.next && w.next.length) out.push(element("h3", {}, t("next")), list(w.next.map(n => both(n.text))));
  out.push(element("h3", {}, t("why")));
  for (const clause of w.why) {
    out.push(element("div", {}, element("code", {}, clause.clause), element("span", { class: "dim small" }, "  " + (clause.at || ""))), element("ul", { class: "tree" }, tree(clause.tree)));
  }
  if (w.evidence) out.push(element("h3", {}, t("evidence")), element("p", {}, t("total")(w.evidence.total) + " " + w.evidence.events.join(t("comma"))));
  return out;
}

async function route() {
  const [kind, rest] = location.hash.slice(1).split("/"), id = decodeURIComponent(rest || ""), from = shown;
  shown = kind === "unit" ? { unit: id } : null;
  const open = kind === "unit" || kind === "warning";
  $("rooms").classList.toggle("open", open);
  $("detail").hidden = !open;
  if (open && token) {
    const answer = await ask(kind === "unit" ? "/v1/units/" + encodeURIComponent(id) : "/v1/warnings/" + encodeURIComponent(id)).catch(() => null);
    if (!answer || !answer.ok) $("detail").replaceChildren(heading(String(answer ? answer.status : t("waiting"))));
    else {
      const data = await answer.json(), risen = kind === "unit" ? await warningsOf(id) : null;
      if (location.hash.slice(1).split("/")[1] !== rest) return;  // another was asked for meanwhile
      $("detail").replaceChildren(...(kind === "unit" ? unitDetail(data, risen) : warningDetail(data)));
      $("detail").focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  }
  draw();
  if (!open && from) [...document.querySelectorAll("#units a")].find(a => a.hash === "#unit/" + encodeURIComponent(from.unit))?.focus();
}

$("enter").onsubmit = event => { event.preventDefault(); token = $("token").value.trim(); if (token) enter(); };
$("leave").onclick = () => leave();
$("language").onclick = () => { language = language === "zh" ? "en" : "zh"; localStorage.setItem("language", language); route(); };
$("find").oninput = draw;
$("as_tree").onclick = () => { as_tree = !as_tree; localStorage.setItem("as_tree", as_tree ? "yes" : "no"); draw(); };
$("all_late").onclick = () => { all_late = true; draw(); };
window.onkeydown = event => {
  if (event.key !== "Escape") return;
  if ($("fresh").open) $("fresh").open = false;
  else if (!$("detail").hidden) location.hash = "";
};
window.onbeforeprint = () => { $("printed").textContent = t("printed")(when(new Date())); };
window.onhashchange = route;
setInterval(() => { if (state === "live") freshen(); }, 60000);  // a source falls silent without an event
draw();
if (token) enter();

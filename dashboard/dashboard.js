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
    all: "其余规则为绿", computed: "计算颜色", total: n => `共 ${n} 件，最新：`, at: "时间", cause: "原因", duty: "职责", pack: "规则包",
    causes: { event: "事件", timer: "时间推移", correction: "更正", retraction: "撤回", activation: "规则启用", decision: "决定" },
    ops: { "&&": "同时满足", "||": "任一满足", "!": "不满足", "?:": "视条件而定" },
    late: "逾期", done: "完成于",
    ended: { cleared: "条件缓解", revoked: "已撤销" }, since_when: t => `自 ${t}`,
  },
  en: {
    title: "lianqing", token: "Access token", open: "Open", leave: "Leave", other: "中文",
    token_hint: "Made by lianqing token create --role viewer; kept in this tab only.",
    units: "Units", unit: "Unit", colour: "Colour", since: "Since", reasons: "Rules", warnings: "Newest warnings", find: "filter by name or id",
    live: "live", waiting: "connection lost, trying again…", refused: "the token is not valid or may not read", loading: "loading…",
    red: "red", yellow: "yellow", green: "green", grey: "grey (no data)", unregistered: "not registered", more: n => `${n} more units: filter to see them`,
    back: "Back", rules: "Rules", next: "What would change it", why: "Why (every condition)", evidence: "Evidence", values: "Values", none: "No rule is above green",
    all: "All other rules are green", computed: "computed colour", total: n => `${n} in all, newest:`, at: "Time", cause: "Cause", duty: "Duty", pack: "Rule set",
    causes: { event: "event", timer: "passing time", correction: "correction", retraction: "retraction", activation: "rules activated", decision: "decision" },
    ops: { "&&": "all of", "||": "any of", "!": "not", "?:": "depending on" },
    late: "late", done: "done",
    ended: { cleared: "cleared", revoked: "revoked" }, since_when: t => `since ${t}`,
  },
};
const SYMBOLS = { red: "▲", yellow: "◆", green: "●", grey: "○" };
const RANKS = { red: 3, yellow: 2, grey: 1, green: 0 };
const SHOWN_UNITS = 300, SHOWN_WARNINGS = 100;

let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let token = sessionStorage.getItem("token") || "";
let position = "";          // of the newest event of the stream taken
let state = "", run = 0, only = "", shown = null;
let units = new Map();      // id -> {name, colour, computed, registered, levels: Map(rule[key] -> {rule, key, level, since})}
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
const coloured = (level, ...more) => element("span", { class: "level " + level }, `${SYMBOLS[level]} ${t(level)}`, ...more);
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
  if (!units.has(unit)) units.set(unit, { name: null, colour: null, registered: true, levels: new Map() });
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
  for (let cursor = ""; cursor !== null && mine === run;) {
    const answer = await ask("/v1/units?limit=1000" + cursor);
    if (!answer.ok) return answer.status;
    const page = await answer.json();
    for (const u of page.units) {
      const levels = new Map((u.levels || []).map(l => [JSON.stringify([l.rule, l.key]), l]));
      found.set(u.unit, { name: u.name || null, colour: u.colour, computed: u.computed, grey: u.grey, since: u.since, registered: u.registered, levels });
    }
    cursor = page.next === null ? null : "&cursor=" + encodeURIComponent(page.next);
  }
  if (mine === run) units = found;
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
  warnings = [];
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
  $("find").placeholder = t("find");
  $("state").textContent = state && t(state);
  drawCounts();
  drawUnits();
  $("warnings").replaceChildren(...warnings.map(warningLine));
}
function drawCounts() {
  const count = { red: 0, yellow: 0, grey: 0, green: 0 };
  for (const unit of units.values()) ++count[colourOf(unit)];
  $("counts").replaceChildren(...Object.keys(count).filter(c => c !== "grey" || count.grey).map(colour => {
    const button = element("button", { class: colour, type: "button", "aria-pressed": String(only === colour) }, `${SYMBOLS[colour]} ${t(colour)} ${count[colour]}`);
    button.onclick = () => { only = only === colour ? "" : colour; draw(); };
    return button;
  }));
  $("counts").hidden = units.size === 0;
}
function drawUnits() {
  const wanted = $("find").value.trim().toLowerCase();
  const rows = [...units].map(([id, unit]) => ({ id, unit, colour: colourOf(unit) }))
    .filter(r => (!only || r.colour === only) && (!wanted || (r.id + " " + unitName(r.id)).toLowerCase().includes(wanted)))
    .sort((a, b) => RANKS[b.colour] - RANKS[a.colour] || (a.id < b.id ? -1 : 1));
  $("units").replaceChildren(...rows.slice(0, SHOWN_UNITS).map(({ id, unit, colour }) => {
    const levels = [...unit.levels.values()].sort((a, b) => RANKS[b.level] - RANKS[a.level]);
    const since = unit.since || (levels[0] && levels[0].since);
    const tr = element("tr", { "data-unit": id, "aria-current": shown && shown.unit === id ? "true" : null },
      element("td", {}, element("a", { href: "#unit/" + encodeURIComponent(id) }, unitName(id)),
        unit.registered ? null : element("span", { class: "dim small" }, " " + t("unregistered"))),
      element("td", { class: "level " + colour, title: unit.grey ? t("grey") : null }, `${SYMBOLS[colour]} ${t(colour)}` + (unit.grey ? " ○" : "")),
      element("td", { class: "dim nowrap" }, when(since).slice(0, 10)),
      element("td", { class: "small" }, levels.map(l => ruleTitle(l.rule, l.key)).join("、")));
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
  return element("div", {}, element("div", {}, back), element("h2", {}, ...what));
}
function list(lines) { return element("ul", {}, ...lines.map(l => element("li", {}, l))); }

function unitDetail(d) {
  const raised = d.levels.filter(l => l.level !== "green" || l.grey), rest = d.levels.length - raised.length;
  const out = [heading(unitName(d.unit), "  ", coloured(d.colour)), element("p", { class: "dim" }, d.unit)];
  if (d.computed && d.computed !== d.colour) out.push(element("p", {}, t("computed"), "  ", coloured(d.computed)));
  if (d.text) out.push(element("p", { class: "small" }, both(d.text)));
  for (const c of d.open_cases || []) {
    out.push(element("h3", {}, coloured(c.counts_as), "  ", ruleTitle(c.rule, c.key), "  ", both(c.state_text)));
    out.push(list((c.duties || []).map(x => both(x.title) + "  " + (x.due ? deadline(x.due) : both(x.unknown)) +
      (x.late ? "  " + t("late") : "") + (x.done ? "  " + t("done") + " " + when(x.done) : "") +
      (x.next && x.next.rung ? "  → " + both(x.next.rung_title) + " " + when(x.next.at) : ""))));
  }
  if (raised.length === 0) out.push(element("p", {}, t("none")));
  for (const l of raised) {
    out.push(element("h3", {}, coloured(l.level), "  ", both(l.title) + (l.key === null ? "" : ` [${l.key}]`), l.grey ? element("span", { class: "grey" }, "  ○ " + t("grey")) : null));
    out.push(element("p", {}, both(l.because), element("span", { class: "dim small" }, l.since ? "  " + t("since_when")(when(l.since)) : "")));
    if (l.next && l.next.length) out.push(list(l.next.map(n => both(n.text))));
  }
  if (rest > 0 && raised.length > 0) out.push(element("p", { class: "dim" }, t("all")));
  const mine = warnings.filter(w => w.unit === d.unit);
  if (mine.length) out.push(element("h3", {}, t("warnings")), element("ol", { id: "warnings" }, ...mine.map(warningLine)));
  return out;
}
function warningDetail(w) {
  const facts = [[t("unit"), element("a", { href: "#unit/" + encodeURIComponent(w.unit) }, unitName(w.unit))], [t("at"), when(w.time)], [t("cause"), t("causes")[w.cause] || w.cause],
    [t("values"), Object.entries(w.values).map(([k, v]) => `${k} = ${v}`).join("，")], [t("duty"), w.duty && (w.duty.name || w.duty)], [t("pack"), w.rules.slice(0, 16)]];
  const out = [heading(ruleTitle(w.rule, w.key), "  ", coloured(w.from), " → ", coloured(w.to)), element("p", {}, both(w.because)),
    element("table", {}, ...facts.filter(f => f[1]).map(f => element("tr", {}, element("th", {}, f[0]), element("td", {}, f[1]))))];
  if (w.next && w.next.length) out.push(element("h3", {}, t("next")), list(w.next.map(n => both(n.text))));
  out.push(element("h3", {}, t("why")));
  for (const clause of w.why) {
    out.push(element("div", {}, element("code", {}, clause.clause), element("span", { class: "dim small" }, "  " + (clause.at || ""))), element("ul", { class: "tree" }, tree(clause.tree)));
  }
  if (w.evidence) out.push(element("h3", {}, t("evidence")), element("p", {}, t("total")(w.evidence.total) + " " + w.evidence.events.join("，")));
  return out;
}

async function route() {
  const [kind, rest] = location.hash.slice(1).split("/", 2), id = decodeURIComponent(rest || "");
  shown = kind === "unit" ? { unit: id } : null;
  const open = kind === "unit" || kind === "warning";
  $("rooms").classList.toggle("open", open);
  $("detail").hidden = !open;
  if (open && token) {
    const answer = await ask(kind === "unit" ? "/v1/units/" + encodeURIComponent(id) : "/v1/warnings/" + encodeURIComponent(id)).catch(() => null);
    if (!answer || !answer.ok) $("detail").replaceChildren(heading(String(answer ? answer.status : t("waiting"))));
    else {
      const data = await answer.json();
      $("detail").replaceChildren(...(kind === "unit" ? unitDetail(data) : warningDetail(data)));
      $("detail").focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  }
  draw();
}

$("enter").onsubmit = event => { event.preventDefault(); token = $("token").value.trim(); if (token) enter(); };
$("leave").onclick = () => leave();
$("language").onclick = () => { language = language === "zh" ? "en" : "zh"; localStorage.setItem("language", language); route(); };
$("find").oninput = draw;
window.onhashchange = route;
draw();
if (token) enter();

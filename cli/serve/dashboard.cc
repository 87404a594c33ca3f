#include "cli/serve/dashboard.h"

#include <string_view>

namespace lianqing {
namespace {

constexpr std::string_view kPage = R"page(<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>廉情</title>
<style>
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 0; color: #1b2430; background: #f6f7f9; }
header { display: flex; flex-wrap: wrap; gap: .8em; align-items: baseline; padding: .7em 1.2em; background: #fff; border-bottom: 1px solid #d8dde3; }
h1 { font-size: 1.3em; margin: 0; } h2 { font-size: 1.05em; margin: .2em 0 .5em; }
main { display: grid; grid-template-columns: minmax(20em, 2fr) 3fr; gap: 1.2em; padding: 1.2em; }
@media (max-width: 55em) { main { grid-template-columns: 1fr; } }
section { background: #fff; border: 1px solid #d8dde3; border-radius: 6px; padding: .8em 1em; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3em .5em; border-bottom: 1px solid #eceff2; vertical-align: top; }
.red { color: #a3161b; } .yellow { color: #7a5300; } .green { color: #20662f; } .dim { color: #5b6672; }
td.level { white-space: nowrap; font-weight: 600; }
input, button { font: inherit; padding: .25em .6em; } #state { margin-left: auto; }
</style>
</head>
<body>
<header>
<h1 data-t="title"></h1><span id="counts"></span>
<form id="enter"><label><span data-t="token"></span> <input id="token" type="password" autocomplete="off" size="24"></label> <button data-t="open"></button></form>
<span id="state" class="dim" role="status"></span><button id="language" type="button"></button>
</header>
<main>
<section><h2 data-t="units"></h2><table><thead><tr><th data-t="unit"></th><th data-t="level"></th><th data-t="rules"></th></tr></thead><tbody id="units"></tbody></table></section>
<section aria-live="polite"><h2 data-t="warnings"></h2><table><tbody id="warnings"></tbody></table></section>
</main>
<script>
"use strict";
const words = {
  zh: { title: "廉情", token: "令牌", open: "打开", units: "单位", unit: "单位", level: "级别", rules: "规则", warnings: "最新预警",
        live: "实时", waiting: "连接中断，正在重连", refused: "令牌无效或无权限", other: "English", red: "红", yellow: "黄", green: "绿", more: "仅列前 200 个" },
  en: { title: "lianqing", token: "Token", open: "Open", units: "Units", unit: "Unit", level: "Level", rules: "Rules", warnings: "Newest warnings",
        live: "live", waiting: "connection lost, trying again", refused: "the token is not valid or may not read", other: "中文", red: "red", yellow: "yellow", green: "green", more: "the first 200" } };
const symbols = { red: "▲", yellow: "◆", green: "●" }, ranks = { red: 2, yellow: 1, green: 0 };
let language = "zh", token = "", last = "", state = "", run = 0;
const units = new Map();  // unit -> Map(rule and key -> level)
const warnings = [];
const $ = id => document.getElementById(id);
const element = (name, text, style) => { const e = document.createElement(name); e.textContent = text; if (style) e.className = style; return e; };
const levelText = level => symbols[level] + " " + words[language][level];
function put(unit, rule, key, level) {
  if (!units.has(unit)) units.set(unit, new Map());
  const of = units.get(unit), name = key === null ? rule : rule + "[" + key + "]";
  if (level === "green") of.delete(name); else of.set(name, level);
}
const colour = of => [...of.values()].reduce((a, b) => ranks[b] > ranks[a] ? b : a, "green");
function draw() {
  const t = words[language];
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = t.title;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t[e.dataset.t];
  $("language").textContent = t.other;
  $("state").textContent = state && t[state];
  const rows = [...units].map(([unit, of]) => [unit, colour(of), of]);
  rows.sort((a, b) => ranks[b[1]] - ranks[a[1]] || (a[0] < b[0] ? -1 : 1));
  const count = { red: 0, yellow: 0, green: 0 };
  for (const row of rows) ++count[row[1]];
  $("counts").replaceChildren(...Object.keys(count).map(l => element("span", levelText(l) + " " + count[l] + "  ", l)));
  $("units").replaceChildren(...rows.slice(0, 200).map(([unit, level, of]) => {
    const tr = document.createElement("tr");
    tr.append(element("td", unit), element("td", levelText(level), "level " + level), element("td", [...of.keys()].sort().join(", "), "dim"));
    return tr;
  }));
  if (rows.length > 200) $("units").append(element("tr", t.more));
  $("warnings").replaceChildren(...warnings.slice(0, 100).map(w => {
    const tr = document.createElement("tr"), what = document.createElement("td");
    what.append(element("strong", w.unit + "  " + (w.title[language] || w.rule) + (w.key === null ? "" : " [" + w.key + "]")), document.createElement("br"), w.because[language] || "");
    tr.append(element("td", levelText(w.from) + " → " + levelText(w.to), "level " + w.to), what, element("td", new Date(w.time).toLocaleString(), "dim"));
    return tr;
  }));
}
let due = false;
function soon() { if (!due) { due = true; setTimeout(() => { due = false; draw(); }, 150); } }
function say(word) { state = word; soon(); }
function take(event, id, data) {
  if (event === "snapshot") put(data.unit, data.rule, data.key, data.level);
  if (event === "warning") { put(data.unit, data.rule, data.key, data.to); warnings.unshift(data); warnings.length = Math.min(warnings.length, 100); }
  if (id) last = id;
  soon();
}
const ask = (path, more) => fetch(path, { headers: { Authorization: "Bearer " + token, ...more } });
async function begin(mine) {
  units.clear(); warnings.length = 0; last = "";
  for (let cursor = ""; cursor !== null && mine === run;) {
    const answer = await ask("/v1/units?limit=1000" + cursor);
    if (!answer.ok) return answer.status;
    const page = await answer.json();
    for (const unit of page.units) { if (!units.has(unit.unit)) units.set(unit.unit, new Map()); }
    cursor = page.next === null ? null : "&cursor=" + encodeURIComponent(page.next);
  }
  const answer = await ask("/v1/warnings?limit=50");
  if (answer.ok) warnings.push(...(await answer.json()).warnings.filter(w => !w.shadow));
  return 200;
}
async function follow(mine) {
  while (mine === run) {
    try {
      if (!last) {
        const status = await begin(mine);
        if (status === 401 || status === 403) return say("refused");
      }
      const answer = await ask("/v1/stream", last ? { "Last-Event-ID": last } : {});
      if (answer.status === 401 || answer.status === 403) return say("refused");
      say("live");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = "", part; mine === run && !(part = await reader.read()).done;) {
        text += part.value;
        for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
          const found = {};
          for (const line of text.slice(0, end).split("\n")) { const at = line.indexOf(": "); if (at > 0) found[line.slice(0, at)] = line.slice(at + 2); }
          if (found.data) take(found.event, found.id, JSON.parse(found.data));
        }
      }
    } catch (error) { console.error(error); }
    if (mine === run) say("waiting");
    await new Promise(done => setTimeout(done, 2000));
  }
}
$("enter").onsubmit = event => { event.preventDefault(); token = $("token").value.trim(); last = ""; follow(++run); };
$("language").onclick = () => { language = language === "zh" ? "en" : "zh"; draw(); };
draw();
</script>
</body>
</html>
)page";

}  // namespace

http::Response dashboard() {
  http::Response out;
  out.content_type = "text/html; charset=utf-8";
  out.body = kPage;
  out.fields.emplace_back("Content-Security-Policy",
                          "default-src 'none'; style-src 'unsafe-inline'; script-src "
                          "'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; "
                          "base-uri 'none'; form-action 'none'");
  return out;
}

}  // namespace lianqing

// W20 as window functions in DuckDB: node duckdb_w20.mjs DIR LOG THREADS. DIR has @duckdb/node-api
// in its node_modules (npm install @duckdb/node-api). Prints the number of changes.
import { createRequire } from 'node:module';
import path from 'node:path';

const [, , dir, log, threads] = process.argv;
const require = createRequire(path.join(path.resolve(dir), 'package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');

const [I, C, A, L, S] =
  ['inspection_finding', 'complaint', 'rectification_assigned', 'rectification_closed', 'survey'];
// type, counts or sums, condition, days, yellow, red
const rules = [
  [I, 'count', 'v >= 4', 7, 2, 3], [I, 'count', 'v >= 4', 30, 3, 5], [I, 'count', 'v >= 4', 90, 4, 7],
  [I, 'count', 'v >= 4', 365, 10, 16], [I, 'sum', 'true', 30, 15, 25], [I, 'sum', 'true', 90, 30, 50],
  [I, 'count', 'v >= 5', 90, 3, 5], [I, 'count', 'v >= 3', 365, 18, 30], [C, 'sum', 'true', 7, 6, 10],
  [C, 'sum', 'true', 30, 12, 20], [C, 'sum', 'true', 90, 20, 35], [C, 'sum', 'true', 365, 50, 80],
  [C, 'count', "cat = 'hotline'", 30, 3, 5], [C, 'count', "cat = 'media'", 90, 2, 3],
  [A, 'count', 'true', 30, 4, 7], [A, 'count', "cat = 'high'", 90, 3, 5], [L, 'count', 'v >= 1', 90, 3, 5],
  [L, 'sum', 'true', 365, 80, 150], [S, 'count', 'v <= 59', 90, 4, 6], [S, 'count', 'v <= 39', 365, 4, 7]];

const load = `CREATE TABLE ev AS SELECT CAST(substr(id, 4) AS BIGINT) AS id, unit, type,
  CAST(epoch(CAST("time" AS TIMESTAMPTZ)) AS BIGINT) AS t,
  CASE type WHEN '${I}' THEN data.severity WHEN '${C}' THEN data.count
    WHEN '${L}' THEN data.overdue_days WHEN '${S}' THEN data.score ELSE 1 END AS v,
  CASE type WHEN '${C}' THEN data.channel WHEN '${A}' THEN data.priority END AS cat
  FROM read_json('${log}', format = 'newline_delimited', columns = {id: 'VARCHAR', unit: 'VARCHAR',
    type: 'VARCHAR', "time": 'VARCHAR', source: 'VARCHAR', data: 'STRUCT(severity INTEGER,
    count INTEGER, overdue_days INTEGER, score INTEGER, channel VARCHAR, priority VARCHAR)'})`;
const numbered = (text) => rules.map((rule, i) => text(rule, i + 1));
const values = numbered(([type, how, condition, days], i) => {
  const of = `FILTER (WHERE type = '${type}' AND ${condition}) OVER w${days}`;
  return how === 'count' ? `count(*) ${of} AS a${i}` : `coalesce(sum(v) ${of}, 0) AS a${i}`;
});
const colours = numbered(([, , , , yellow, red], i) =>
  `a${i}, CASE WHEN a${i} >= ${red} THEN 2 WHEN a${i} >= ${yellow} THEN 1 ELSE 0 END AS c${i}`);
const windows = [7, 30, 90, 365].map((days) => `w${days} AS (PARTITION BY unit ORDER BY t
  RANGE BETWEEN ${days * 86400 - 1} PRECEDING AND CURRENT ROW)`);
const judged = `CREATE TEMP TABLE ch AS
  WITH a AS (SELECT id, unit, t, ${values} FROM ev WINDOW ${windows}),
  b AS (SELECT id, unit, t, ${colours} FROM a),
  l AS (SELECT unit, t, ${numbered((_, i) => `a${i}, c${i}, lag(c${i}, 1, 0) OVER o AS p${i}`)}
    FROM b WINDOW o AS (PARTITION BY unit ORDER BY t, id))
  SELECT * FROM l WHERE ${numbered((_, i) => `c${i} <> p${i}`).join(' OR ')}`;
const changes = numbered((_, i) => `SELECT unit, ${i} AS rule, t, c${i}, a${i} FROM ch
  WHERE c${i} <> p${i}`).join(' UNION ALL ');

const database = await DuckDBInstance.create(':memory:', { threads });
const connection = await database.connect();
await connection.run(load);
await connection.run(judged);
const count = await connection.runAndReadAll(`SELECT count(*)::int FROM (${changes})`);
console.log(`DuckDB: ${count.getRows()[0][0]} changes`);
process.exit(0);

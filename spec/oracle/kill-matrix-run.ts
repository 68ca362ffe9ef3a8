/** What `npm run kill-matrix` does; see kill-matrix.js. */
import { readFileSync, writeFileSync } from "node:fs";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { killOf } from "../../src/oracle/kill-matrix.ts";
import { allPairs, firstCases, isNamed, matrixLines, readPairs, readRows, rowOf, variantLines, withWritten } from "./kill-matrix-page.ts";
import type { PairCounts, Row } from "./kill-matrix-page.ts";
import { drawnPairs, outcomeOf } from "./kill-matrix-pairs.ts";
import { rejecting } from "./kill-matrix-tiers.ts";

const pageOf = (name: string): URL => new URL(`../../docs/oracle/${name}.md`, import.meta.url);
const read = (name: string): string => readFileSync(pageOf(name), "utf8");

const words = process.argv.slice(2);
const number = (option: string, usual: number): number => (words.includes(option) ? Number(words[words.indexOf(option) + 1]) : usual);
const chosen = words.filter((word) => catalog.some(({ name }) => name === word));
const only = words.includes("--list") || (words.includes("--pairs") && chosen.length === 0);

writeFileSync(pageOf("variants"), withWritten(read("variants"), variantLines()));

/** The page with the given rows in the place of older ones. */
function write(rows: readonly Row[], counts?: PairCounts): void {
  const page = read("kill-matrix");
  const known = new Map([...readRows(page), ...rows].map((kill) => [`${kill.operation} ${kill.variant}`, kill]));
  const kills = allPairs().map(({ variant, operation }) => known.get(`${operation} ${variant.name}`)).filter((kill) => kill !== undefined);
  writeFileSync(pageOf("kill-matrix"), withWritten(page, matrixLines(kills, counts ?? readPairs(page))));
}

const fresh: Row[] = [];
const pairs = allPairs().filter(({ operation }) => !only && (chosen.length === 0 || chosen.includes(operation)));
const tiersOf = new Map(pairs.map(({ operation }) => [operation, rejecting(operation)]));
for (const { variant, operation } of pairs) {
  const quick = await killOf(variant, operation, { cases: firstCases });
  const kill = isNamed(quick) ? quick : await killOf(variant, operation);
  const row = { ...kill, rejecting: await tiersOf.get(operation)!(variant) };
  console.log(`${operation} ${rowOf(row)}`);
  fresh.push(row);
  // A quarter of an hour's work: what is done is kept.
  if (fresh.length % 20 === 0) write(fresh);
}

const counts: Record<string, number> = { "together": 0, "apart": 0, "the same": 0, "one of them": 0, "missed": 0, "not rejected": 0 };
const wanted = words.includes("--list") || (chosen.length > 0 && !words.includes("--pairs")) ? 0 : number("--pairs", 300);
for (const pair of drawnPairs(wanted, 1, chosen)) {
  const { kill, verdict } = await outcomeOf(pair);
  counts[verdict]! += 1;
  console.log(`${kill.operation} ${kill.variant}: ${verdict}${["together", "apart"].includes(verdict) ? "" : `: ${kill.causes.join("; ")}`}`);
}

if (!words.includes("--list")) write(fresh, wanted > 0 ? counts as unknown as PairCounts : undefined);

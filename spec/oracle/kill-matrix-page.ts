/** The pages that `npm run kill-matrix` writes: rows of the matrix, totals, and the list of variants. */
import type { Tier } from "../../src/oracle/lattice.ts";
import type { Kill, PairVerdict } from "../../src/oracle/kill-matrix.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import type { Variant } from "../../src/oracle/variants/index.ts";

/** Cases that are tried first; the default budget follows where they do not reject, or do not name the variant. */
export const firstCases = 40;

/** Where the written part of a page begins and ends. */
const marks = ["<!-- written by npm run kill-matrix -->", "<!-- end of what is written -->"] as const;

/** A page with its written part replaced. */
export function withWritten(page: string, lines: readonly string[]): string {
  const [before, rest] = page.split(marks[0]) as [string, string];
  return [before + marks[0], "", ...lines, "", marks[1] + rest.split(marks[1])[1]!].join("\n");
}

/** Every variant and operation that it applies to, in the order of the catalog. */
export const allPairs = (): readonly { readonly variant: Variant; readonly operation: string }[] =>
  catalog.flatMap(({ name }) => variants.filter(({ operations }) => operations.includes(name)).map((variant) => ({ variant, operation: name })));

export const isNamed = ({ variant, causes }: Kill): boolean => causes.length === 1 && causes[0] === variant;

/** One row: what rejected the variant, and what was said to be the cause. */
export const rowOf = (kill: Kill): string =>
  `| ${kill.variant} | ${kill.tier ?? "nothing"} | ${kill.cases ?? ""} | ${isNamed(kill) ? "yes" : kill.causes.join("; ") || "no"} |`;

/** The rows of a page, read back. */
export function readRows(page: string): readonly Kill[] {
  return page.split(/^## /m).slice(1).flatMap((section) => {
    const [operation, ...lines] = section.split("\n");
    return lines.map((line) => /^\| (\w+) \| (\w+) \| (\d*) \| (.*) \|$/.exec(line)).filter((match) => match !== null).map(([, variant, tier, cases, said]): Kill => ({
      variant: variant!, operation: operation!,
      ...(tier === "nothing" ? {} : { tier: tier as Tier, cases: Number(cases) }),
      causes: said === "yes" ? [variant!] : said === "no" ? [] : said!.split("; "),
    }));
  });
}

const share = (part: number, whole: number): string => `${part} of ${whole} (${(100 * part / whole).toFixed(1)} %)`;

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** What two habits at once came to, counted. */
export type PairCounts = Readonly<Record<PairVerdict, number>>;

const pairWords: Readonly<Record<PairVerdict, string>> = {
  "together": "named together, as one cause",
  "apart": "both named, as causes of two failures",
  "the same": "something named that answers the same",
  "one of them": "one of them named",
  "missed": "neither named",
  "not rejected": "not rejected",
};

/** The line that holds the counts of pairs, as it is read back. */
const pairLine = (verdict: PairVerdict, count: number): string => `| ${pairWords[verdict]} | ${count} |`;

export const readPairs = (page: string): PairCounts | undefined => {
  const counts = (Object.keys(pairWords) as PairVerdict[]).map((verdict) => [verdict, new RegExp(`^\\| ${pairWords[verdict]} \\| (\\d+) \\|$`, "m").exec(page)?.[1]] as const);
  return counts.every(([, count]) => count !== undefined) ? Object.fromEntries(counts.map(([verdict, count]) => [verdict, Number(count)])) as PairCounts : undefined;
};

/** The written part of the kill matrix. */
export function matrixLines(kills: readonly Kill[], pairs: PairCounts | undefined): readonly string[] {
  const rejected = kills.filter(({ tier }) => tier !== undefined);
  const by = (tier: string): number => rejected.filter((kill) => kill.tier === tier).length;
  const cases = rejected.map((kill) => kill.cases!);
  const sections = catalog.map(({ name }) => ({ name, own: kills.filter(({ operation }) => operation === name) })).filter(({ own }) => own.length > 0);
  return [
    "| | |", "|---|---|",
    `| variants | ${new Set(kills.map(({ variant }) => variant)).size} |`,
    `| operations | ${sections.length} |`,
    `| variants × operations that they apply to | ${kills.length} |`,
    `| rejected | ${share(rejected.length, kills.length)} |`,
    `| … first by the structure tier | ${by("structure")} |`,
    `| … first by the rounding tier | ${by("rounding")} |`,
    `| … after how many cases | median ${median(cases)}, at most ${cases.reduce((most, each) => Math.max(most, each), 0)} |`,
    `| named as their own only first cause | ${share(kills.filter(isNamed).length, kills.length)} |`,
    ...(pairs === undefined ? [] : [
      "", "Two habits at once, drawn at random among those that can show together:", "",
      "| said of them | pairs |", "|---|---|",
      ...(Object.keys(pairWords) as PairVerdict[]).map((verdict) => pairLine(verdict, pairs[verdict])),
    ]),
    ...sections.flatMap(({ name, own }) => ["", `## ${name}`, "", "| variant | rejected by | after cases | named |", "|---|---|---|---|", ...own.map(rowOf)]),
  ];
}

const withGradients = catalog.filter(({ backward }) => backward !== undefined).map(({ name }) => name);

const operationsInWords = (operations: readonly string[]): string => {
  const missing = withGradients.filter((name) => !operations.includes(name));
  const all = operations.length > 20 && operations.every((name) => withGradients.includes(name));
  return all ? `all with gradients${missing.length === 0 ? "" : ` but ${missing.join(", ")}`}` : operations.join(", ");
};

const sourceInWords = (source: string): string => {
  const [, url, note] = /^(\S+)(?: (.*))?$/.exec(source)!;
  const short = url!.replace(/^https:\/\/(www\.)?/, "").replace(/^github\.com\/([^/]+\/[^/]+)\/(?:issues|pull)\/(\d+).*$/, "$1#$2").replace(/^([^/]+)\/.*$/, (whole, host: string) => (whole.includes("#") ? whole : host));
  return `[${short}](${url})${note === undefined ? "" : ` ${note}`}`;
};

/** The written part of the list of variants. */
export const variantLines = (): readonly string[] => [
  `${variants.length} variants: ${variants.filter(({ kind }) => kind === "convention").length} conventions and ${variants.filter(({ kind }) => kind === "mistake").length} mistakes.`,
  "", "| variant | kind | operations | the answer equals the reference with … | seen at |", "|---|---|---|---|---|",
  ...variants.map(({ name, kind, operations, says, source }) => `| ${name} | ${kind} | ${operationsInWords(operations)} | ${says.replaceAll("|", "\\|")} | ${sourceInWords(source)} |`),
];

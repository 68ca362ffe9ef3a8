/** The pages that `npm run kill-matrix` writes: rows of the matrix, totals, and the list of variants. */
import { tiers } from "../../src/oracle/lattice.ts";
import type { Tier } from "../../src/oracle/lattice.ts";
import type { Kill, PairVerdict } from "../../src/oracle/kill-matrix.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { tiersFor } from "./kill-matrix-tiers.ts";
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

/** What became of a variant, and every tier that rejects it by itself. */
export interface Row extends Kill {
  readonly rejecting: readonly Tier[];
}

const listed = (parts: readonly unknown[]): string => parts.join(", ");

/** What a row says of the smallest cases: how many numbers each has, and how many steps. */
const sizesOf = ({ numbers, steps }: Kill): string => listed(numbers.map((size, i) => (steps[i] === undefined ? size : `${size} in ${steps[i]}`)));

const readSizes = (said: string): Pick<Kill, "numbers" | "steps"> => {
  const sizes = said.split(", ").filter((each) => each !== "").map((each) => each.split(" in ").map(Number));
  return { numbers: sizes.map(([numbers]) => numbers!), steps: sizes.flatMap(([, steps]) => steps ?? []) };
};

/** One row: what rejected the variant, what was said to be the cause, how small the failing cases became, and which tiers reject it. */
export const rowOf = (row: Row): string => `| ${[
  row.variant, row.tier ?? "nothing", row.cases ?? "", isNamed(row) ? "yes" : row.causes.join("; ") || "no", sizesOf(row), listed(row.rejecting),
].join(" | ")} |`;

/** The rows of a page, read back. */
export function readRows(page: string): readonly Row[] {
  return page.split(/^## /m).slice(1).flatMap((section) => {
    const [operation, ...lines] = section.split("\n");
    const cells = lines.map((line) => /^\| (\w+) \| (\w+) \| (\d*) \| (.*?) \| ([^|]*?) \| ([^|]*?) \|$/.exec(line)).filter((match) => match !== null);
    return cells.map(([, variant, tier, cases, said, sizes, rejecting]): Row => ({
      variant: variant!, operation: operation!,
      ...(tier === "nothing" ? {} : { tier: tier as Tier, cases: Number(cases) }),
      causes: said === "yes" ? [variant!] : said === "no" ? [] : said!.split("; "),
      ...readSizes(sizes!),
      rejecting: rejecting!.split(", ").filter((each) => each !== "") as Tier[],
    }));
  });
}

const share = (part: number, whole: number): string => `${part} of ${whole} (${(100 * part / whole).toFixed(1)} %)`;

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** What two habits at once came to, counted. */
export type PairCounts = Readonly<Record<PairVerdict, number>>;

const pairWords: Readonly<Record<PairVerdict, string>> = {
  "together": "named together, as the one cause of all that fails",
  "apart": "both named, but no one cause of all",
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

/** Operations whose smallest cases are counted together. */
const families: Readonly<Record<string, (operation: string) => boolean>> = {
  "convolution": (operation) => /convolution$/i.test(operation),
  "pooling": (operation) => operation.endsWith("Pooling"),
  "recurrent": (operation) => /rnn$|^lstm$|^gru$/i.test(operation),
  "all others": () => true,
};

/** How small the failing cases of a family became. */
export interface Sizes {
  readonly family: string;
  readonly cases: number;
  readonly median: number;
  readonly most: number;
  readonly mostSteps: number | undefined;
}

const largest = (numbers: readonly number[]): number => numbers.reduce((most, each) => Math.max(most, each), 0);

export const sizesByFamily = (kills: readonly Kill[]): readonly Sizes[] => Object.keys(families).map((family) => {
  const own = kills.filter(({ operation }) => Object.keys(families).find((each) => families[each]!(operation)) === family);
  const [numbers, steps] = [own.flatMap((kill) => kill.numbers), own.flatMap((kill) => kill.steps)];
  return { family, cases: numbers.length, median: median(numbers), most: largest(numbers), mostSteps: steps.length > 0 ? largest(steps) : undefined };
});

/** The table of tiers: how many variants could be rejected by each, how many are, and how many by it alone. */
const tierLines = (rows: readonly Row[]): readonly string[] => tiers.map((tier) => {
  const own = rows.filter(({ operation }) => tiersFor(operation).includes(tier));
  const rejected = own.filter(({ rejecting }) => rejecting.includes(tier));
  const alone = rejected.filter(({ rejecting }) => rejecting.length === 1);
  return `| ${tier} | ${own.length} | ${share(rejected.length, own.length)} | ${alone.length} |`;
});

/** The written part of the kill matrix. */
export function matrixLines(kills: readonly Row[], pairs: PairCounts | undefined): readonly string[] {
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
    `| … after how many cases | median ${median(cases)}, at most ${largest(cases)} |`,
    `| named as their own only first cause | ${share(kills.filter(isNamed).length, kills.length)} |`,
    "", "How many numbers the smallest cases have, all inputs counted together, without cotangents:", "",
    "| operations | smallest cases | numbers, median | numbers, at most | time steps, at most |", "|---|---|---|---|---|",
    ...sizesByFamily(kills).map(({ family, cases: count, median: middle, most, mostSteps }) => `| ${family} | ${count} | ${middle} | ${most} | ${mostSteps ?? ""} |`),
    "", "Each tier by itself:", "",
    "| tier | variants × operations that have it | rejected | by no other tier |", "|---|---|---|---|",
    ...tierLines(kills),
    ...(pairs === undefined ? [] : [
      "", "Two habits at once, drawn at random among those that can show together:", "",
      "| said of them | pairs |", "|---|---|",
      ...(Object.keys(pairWords) as PairVerdict[]).map((verdict) => pairLine(verdict, pairs[verdict])),
    ]),
    ...sections.flatMap(({ name, own }) => ["", `## ${name}`, "", "| variant | rejected first by | after cases | named | numbers | rejected by |", "|---|---|---|---|---|---|", ...own.map(rowOf)]),
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

/**
 * Reports: a verdict for people, as text, and for machines, as JSON.
 *
 * @module
 */
import { show } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Options, Tensors } from "./catalog/operation.ts";
import { policies } from "./policies.ts";
import { encodeRequest, readAnswer, toWireNumber } from "./protocol.ts";
import type { Request } from "./protocol.ts";
import type { Failure, OperationReport, TierReport, Verdict } from "./verdict.ts";
import { howMany } from "./words.ts";

/** How a report is written. */
export interface ReportOptions {
  /** What was typed to verify the candidate; failures are reproduced with it. Default `etalon verify CANDIDATE`. */
  readonly command?: string;
  /** Whether to colour it with terminal codes. Default false. */
  readonly color?: boolean;
}

type Paint = (text: string) => string;

type Brush = Readonly<Record<"good" | "bad" | "faint" | "strong", Paint>>;

const brushes = (color: boolean): Brush => {
  const paint = (code: number): Paint => (color ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text);
  return { good: paint(32), bad: paint(31), faint: paint(2), strong: paint(1) };
};

/**
 * The verdict as text: a table of operations and tiers, then every failure with its smallest case.
 *
 * @example
 * ```ts
 * import { moduleCandidate, report, verify } from "etalon/oracle";
 * const candidate = moduleCandidate({ name: "copy", operations: { relu: ({ input }) => ({ outputs: { output: input } }) } });
 * const text = report(await verify(candidate, { operations: ["relu"], cases: 30 }));
 * text.includes("relu · output"); // => true
 * ```
 */
export function report(verdict: Verdict, options: ReportOptions = {}): string {
  const brush = brushes(options.color ?? false);
  const { candidate, seed, shard, seconds, operations, outdated = [] } = verdict;
  const part = shard === undefined ? [] : [`shard ${shard.index}/${shard.count}`];
  const offered = operations.filter(({ verdict: each }) => each !== "not offered");
  const all = operations.flatMap(({ failures: own }) => own);
  const [known, failures] = [all.filter(({ allowed }) => allowed !== undefined), all.filter(({ allowed }) => allowed === undefined)];
  return [
    [`${brush.strong(candidate.name)} (${candidate.precision}) against the reference`, `seed ${seed}`, ...part, `${seconds.toFixed(1)} s`].join(" · "),
    "",
    ...table(offered, verdict, brush),
    ...fewAnswered(verdict, brush),
    ...leftOut(verdict, brush),
    ...choices(verdict, brush),
    ...lawsTried(verdict, brush),
    ...known.flatMap((failure) => ["", ...describeAllowed(failure, brush)]),
    ...failures.flatMap((failure) => ["", ...describeFailure(failure, options.command ?? "etalon verify CANDIDATE", brush)]),
    ...operations.flatMap(({ operation, failures: { length }, together }) => (together === undefined ? [] : [
      "", `${brush.strong(`${operation} · all ${length} at once`)}: its answers equal the reference with ${together.says}.`,
    ])),
    ...(outdated.length === 0 ? [] : ["", "Allowed, but nothing of the kind failed:"]),
    ...outdated.map(({ operation, where, kind, cause, reason }) =>
      `  ${[operation, where, kind, cause].filter((each) => each !== undefined).join(" · ")}: ${reason}`),
    "",
    conclusion(verdict, brush),
  ].join("\n");
}

function table(operations: readonly OperationReport[], verdict: Verdict, { good, bad, faint }: Brush): string[] {
  const rows = operations.flatMap(({ operation, tiers, verdict }) => tiers.map((tier, i) => ({ name: i === 0 ? operation : "", tier, verdict })));
  if (rows.length === 0) return [nothingToTell(operations, verdict)];
  const width = Math.max(9, ...rows.map(({ name }) => name.length));
  return [
    faint(`  ${"operation".padEnd(width)}  tier        cases  worst error as a share of its bound`),
    ...rows.map(({ name, tier, verdict: each }) => {
      const mark = tier.failed > 0 && each === "allowed" ? faint("~")
        : tier.failed > 0 ? bad("✗")
        : tier.cases > (tier.vacuous ?? 0) ? good("✓") : faint("–");
      return `${mark} ${name.padEnd(width)}  ${tier.tier.padEnd(10)} ${String(tier.cases).padStart(6)}  ${outcome(tier)}`;
    }),
  ];
}

function nothingToTell(offered: readonly OperationReport[], { operations, offers = [] }: Verdict): string {
  const names = (reports: readonly OperationReport[]): string => reports.map(({ operation }) => operation).join(", ");
  if (offered.length > 0) return `There are no cases of ${names(offered)} in the tiers and the part that were asked for.`;
  return offers.length === 0 ? "No operation of the catalog is offered." : `Does not offer ${names(operations)}, but ${offers.join(", ")}.`;
}

function outcome({ cases, failed, worst, stopped, few, vacuous = 0 }: TierReport): string {
  const notes = [
    ...(few === undefined || cases === 0 ? [] : [`answered ${cases} of ${few.asked}`]),
    ...(vacuous > 0 ? [`${howMany(vacuous, "proves", "prove")} nothing`] : []), ...(stopped === undefined ? [] : [stopped]),
  ];
  const end = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
  if (cases === 0) return `all skipped${end}`;
  if (failed > 0) return `${failed} of ${cases} disagree${end}`;
  if (worst.ratio === 0) return `exact${end}`;
  const filled = Math.min(10, Math.ceil(worst.ratio * 10));
  const share = (Math.floor(worst.ratio * 100) / 100).toFixed(2); // rounded down: 1.00 is the bound itself
  return `${share} ${"█".repeat(filled)}${"░".repeat(10 - filled)} ${worst.where}${end}`;
}

/** Where the cases that were answered are too few to say much; what was skipped altogether stands elsewhere. */
function fewAnswered({ operations }: Verdict, { strong }: Brush): string[] {
  const lines = operations.filter(({ verdict }) => verdict !== "skipped").flatMap(({ operation, tiers }) => tiers.flatMap(({ tier, cases, few, skipped }) => {
    if (few === undefined) return [];
    const reasons = Object.entries(skipped).toSorted(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} (${count})`);
    return [`  ${operation} · ${tier}: answered ${cases} of ${howMany(few.asked, "case")}, with ${few.wanted} wanted; others it skipped: ${someOf(reasons)}`];
  }));
  return lines.length === 0 ? [] : ["", strong("Answered too few cases to say much:"), ...lines];
}

/** Everything that was not compared, so that nobody takes it for right. */
function leftOut({ operations, unknown }: Verdict, { faint }: Brush): string[] {
  const notOffered = operations.filter(({ verdict }) => verdict === "not offered").map(({ operation }) => operation);
  const lines = operations.flatMap(({ operation, tiers }) => {
    const counted = (pick: (tier: TierReport) => Readonly<Record<string, number>>): [string, number][] => {
      const sums = new Map<string, number>();
      for (const tier of tiers) for (const [name, count] of Object.entries(pick(tier))) sums.set(name, (sums.get(name) ?? 0) + count);
      return [...sums];
    };
    return [
      ...counted(({ skipped }) => skipped).map(([reason, count]) => `  ${operation}: ${howMany(count, "case")} skipped: ${reason}`),
      ...joined(counted(({ missing }) => missing).map(([name, count]) => `${name} (${howMany(count, "case")})`))
        .map((names) => `  ${operation}: left out ${names}`),
    ];
  });
  if (notOffered.length > 0) lines.push(`  not offered: ${notOffered.join(", ")}`);
  if (unknown.length > 0) lines.push(`  offered, but not in the catalog: ${unknown.join(", ")}`);
  return lines.length === 0 ? [] : ["", "Not compared, and so neither right nor wrong:", ...lines.map(faint)];
}

/** Where special values are answered otherwise than by the reference, as others do too. */
function choices({ operations }: Verdict, { faint }: Brush): string[] {
  const lines = operations.flatMap(({ operation, tiers }) => tiers.flatMap(({ policies: met = {} }) => Object.entries(met).map(([name, count]) =>
    `  ${operation}: ${policies.find((policy) => policy.name === name)?.says ?? name} (${name}, ${howMany(count, "case")})`)));
  return lines.length === 0 ? [] : ["", "Policies on special values, in which implementations differ:", ...lines.map(faint)];
}

/** How often each law was tried over all operations: one that asks the same question again says least. */
function lawsTried({ operations }: Verdict, { faint }: Brush): string[] {
  const sums = new Map<string, number>();
  const all = operations.flatMap(({ tiers }) => tiers.flatMap(({ laws = {} }) => Object.entries(laws)));
  for (const [name, count] of all) sums.set(name, (sums.get(name) ?? 0) + count);
  const often = [...sums].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`);
  return often.length === 0 ? [] : ["", faint(`Laws, by the cases that tried them: ${often.join(", ")}.`)];
}

const joined = (parts: readonly string[]): string[] => (parts.length === 0 ? [] : [parts.join(", ")]);

function describeFailure(failure: Failure, command: string, { bad, strong, faint }: Brush): string[] {
  const { operation, tier, fault, request, taps, causes, also, seed, path, kept } = failure;
  const [likely, ...others] = causes;
  return [
    `${bad("✗")} ${strong(`${operation} · ${fault.where}`)} ${faint(`(${tier} tier)`)}`,
    ...(likely === undefined ? [] : [`  Likely cause: the answer equals the reference with ${likely.says}.`]),
    ...(others.length === 0 ? [] : [`  On these cases that is the same as ${others.map(({ says }) => says).join("; or ")}.`]),
    ...(also.length === 0 ? [] : [`  The same explains what is wrong with ${someOf(also)}.`]),
    ...(kept !== undefined ? ["  Asked alone, it answers right: it keeps something from one call to the next."]
      : fault.kind === "value" && likely === undefined ? ["  No known habit explains it."] : []),
    "",
    ...describeCase(request).map((line, i) => (i === 0 ? `  The smallest case found, ${line}:` : `  ${line}`)),
    `  ${fault.where}${fault.worst === undefined ? "" : show(fault.worst.index)}: ${fault.worst === undefined ? fault.message : expectation(failure)}`,
    ...wholeAnswers(failure),
    ...(taps.length === 0 ? [] : [`  It depends on ${taps.map(({ input, index, value }) => `${input}${show(index)} = ${number(value)}`).join(", ")}.`]),
    ...(kept?.after === undefined ? [] : describeCase(kept.after).map((line, i) =>
      (i === 0 ? `  It is wrong after this case of ${kept.after!.operation}, ${line}:` : `  ${line}`))),
    "",
    kept === undefined ? `  Again:   ${command} --operation ${operation} --tier ${tier} --seed ${seed} --path ${path}`
      : `  Again:   not by this case alone, but among others: ${command} --operation ${operation} --tier ${tier} --seed ${seed}`,
    ...(numbersIn(request) > mostByHand ? [] : ["  By hand:", ...snippet(failure).map((line) => `    ${line}`)]),
  ];
}

/** A known failure in few lines: its reason matters, its case does not. */
function describeAllowed({ operation, tier, fault, allowed, causes: [likely], also }: Failure, { strong, faint }: Brush): string[] {
  const { reason, url } = allowed!;
  return [
    `${faint("~")} ${strong(`${operation} · ${fault.where}`)} ${faint(`(${tier} tier)`)}, allowed: ${reason}${url === undefined ? "" : ` (${url})`}`,
    `  ${likely === undefined ? fault.message : `The answer equals the reference with ${likely.says}`}.`,
    ...(also.length === 0 ? [] : [`  The same explains what is wrong with ${someOf(also)}.`]),
  ];
}

/** Names, as many as can be read: a recurrent network has dozens of gradients. */
const someOf = (names: readonly string[]): string =>
  (names.length <= 6 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`);

/** What was expected and what came, one below the other: often the pattern of the mistake can be seen. */
function wholeAnswers({ fault, expected, got }: Failure): string[] {
  if (fault.worst === undefined || expected === undefined || expected.values.length < 2 || expected.values.length > mostAnswered) return [];
  const read = readAnswer(got);
  if (typeof read === "string") return [];
  return [`  In all, expected  ${expected.values.map(number).join(" ")}`, `               got  ${Array.from(read.data, number).join(" ")}`];
}

/** Answers of more numbers than this are not written out. */
const mostAnswered = 24;

/** Cases with more numbers than this are not written out as a program: the command replays them. */
const mostByHand = 64;

const numbersIn = ({ inputs, cotangents = {} }: Request): number =>
  [...Object.values(inputs), ...Object.values(cotangents)].reduce((sum, { values }) => sum + values.length, 0);

function expectation({ fault, tier }: Failure): string {
  const { got, expected, radius } = fault.worst!;
  const off = fault.ratio === undefined || fault.ratio > 1e6 ? "" : `, ${Number(fault.ratio.toPrecision(3))} times the bound`;
  const allowed = !Number.isFinite(expected) ? "" : radius > 0 ? ` ± ${number(radius)}`
    : tier === "structure" ? " exactly: whole numbers leave nothing to round" : " exactly";
  return `expected ${number(expected)}${allowed}; got ${number(got)}${off}`;
}

const number = (value: number): string => (Object.is(value, -0) ? "-0" : String(Number(value.toPrecision(9))));

/** A case in a few lines: its options, then every tensor with shape and values. @internal */
export const describeCase = ({ inputs, options, cotangents = {} }: Pick<Request, "inputs" | "options" | "cotangents">): string[] => [
  `with ${describeOptions(options)}`,
  ...describeTensors({ ...inputs, ...Object.fromEntries(Object.entries(cotangents).map(([name, tensor]) => [`cotangent of ${name}`, tensor])) }),
];

const describeOptions = (options: Options): string =>
  Object.entries(options).map(([name, value]) => `${name} ${show(value)}`).join(", ") || "no options";

function describeTensors(tensors: Tensors): string[] {
  const width = Math.max(0, ...Object.keys(tensors).map((name) => name.length));
  return Object.entries(tensors).map(([name, tensor]) => `  ${name.padEnd(width)}  ${describeTensor(tensor)}`);
}

/** Shape and values, as many as can be read. @internal */
export const describeTensor = ({ shape, values }: Pick<Tensor, "shape" | "values">): string =>
  `${show(shape)}  ${values.slice(0, 48).map(number).join(" ")}${values.length > 48 ? ` … ${values.length - 48} more` : ""}`;

/** A program that shows what the reference answers to a failing case. @internal */
export function snippet({ request, fault, operation }: Pick<Failure, "request" | "fault" | "operation">): readonly string[] {
  const literal = (tensors: Tensors): string[] =>
    Object.entries(tensors).map(([name, { shape, values }]) => `  ${key(name)}: new Tensor(${show(shape)}, [${values.map(literalNumber).join(", ")}]),`);
  const isGradient = fault.where.startsWith("gradient of ");
  return [
    'import { reference } from "etalon/oracle";',
    'import { Tensor } from "etalon/tensor";',
    `const { expected } = reference(${JSON.stringify(operation)}, {`,
    ...literal(request.inputs),
    `}, ${literalOptions(request.options)}${request.cotangents === undefined ? ");" : ", {"}`,
    ...(request.cotangents === undefined ? [] : [...literal(request.cotangents), "});"]),
    fault.where === "answer" ? "console.log(expected);"
      : isGradient ? `console.log(expected.gradients[${JSON.stringify(fault.where.slice("gradient of ".length))}]);`
      : `console.log(expected.outputs[${JSON.stringify(fault.where)}]);`,
  ];
}

const key = (name: string): string => (/^[a-z]\w*$/i.test(name) ? name : JSON.stringify(name));

const literalNumber = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

const literalOptions = (value: unknown): string =>
  typeof value === "number" ? literalNumber(value)
    : Array.isArray(value) ? `[${value.map(literalOptions).join(", ")}]`
    : typeof value === "object" && value !== null ? literalRecord(value)
    : JSON.stringify(value);

const literalRecord = (record: object): string => {
  const fields = Object.entries(record).map(([name, part]) => `${name}: ${literalOptions(part)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
};

function conclusion({ operations, agrees }: Verdict, { good, bad }: Brush): string {
  const cases = operations.reduce((sum, { tiers }) => sum + tiers.reduce((each, tier) => each + tier.cases, 0), 0);
  const named = (verdict: OperationReport["verdict"]): string[] => operations.filter((each) => each.verdict === verdict).map(({ operation }) => operation);
  const [wrong, allowed, skipped] = [named("disagrees"), named("allowed"), named("skipped")];
  const right = operations.filter((each) => each.verdict === "agrees")
    .map(({ operation, tiers }) => `${operation}${tiers.some(({ few }) => few !== undefined) ? " (few cases)" : ""}`).join(", ") || "nothing";
  const excused = clause("; allowed to fail in ", allowed);
  const others = excused + clause("; skipped ", skipped);
  if (wrong.length > 0) return bad(`Disagrees in ${wrong.join(", ")}; agrees in ${right}${excused}. ${howMany(cases, "case")}.`);
  if (!agrees) return bad("Nothing was compared.");
  return good(`Agrees in ${others === "" ? "all that it offers: " : ""}${right}${others}. ${howMany(cases, "case")}.`);
}

const clause = (words: string, names: readonly string[]): string => (names.length === 0 ? "" : words + names.join(", "));

/**
 * The verdict as plain JSON values: numbers that JSON lacks become strings, requests have the protocol's form.
 *
 * @example
 * ```ts
 * import { moduleCandidate, reportJson, verify } from "etalon/oracle";
 * const candidate = moduleCandidate({ name: "none", operations: {} });
 * reportJson(await verify(candidate))["agrees"]; // => false
 * ```
 */
export function reportJson(verdict: Verdict): Readonly<Record<string, unknown>> {
  return plain({
    ...verdict,
    operations: verdict.operations.map((operation) => ({
      ...operation,
      failures: operation.failures.map((failure) => ({
        ...failure, request: encodeRequest(failure.request as Request),
        ...(failure.kept && { kept: failure.kept.after === undefined ? {} : { after: encodeRequest(failure.kept.after) } }),
      })),
    })),
  }) as Readonly<Record<string, unknown>>;
}

const plain = (value: unknown): unknown =>
  typeof value === "number" ? toWireNumber(value)
    : ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>, toWireNumber)
    : Array.isArray(value) ? value.map(plain)
    : typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
    : typeof value === "function" || typeof value === "symbol" || typeof value === "bigint" ? String(value)
    : value;

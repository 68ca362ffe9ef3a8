/**
 * The cells of recurrent networks number by number, each with the places at which implementations differ.
 *
 * @module
 */
import { hardSigmoidOf, limit, slopes, units } from "./recurrent-network.ts";
import type { CellStep, Kit, Row } from "./recurrent-network.ts";
import type { Scalar, Slope } from "./scalars.ts";

/** One way to differ for each part of the LSTM that has several. @internal */
export interface LstmHabits {
  /** What the peephole of the output gate sees, or that it is added behind the activation. */
  readonly peephole?: "oldCell" | "afterActivation";
  /** What is limited besides the gates, or in their place. */
  readonly clip?: "shownToo" | "cell";
  /** What the output gate lets pass in the place of φ(c'). */
  readonly shown?: "cell" | "candidate";
  readonly hardSigmoid?: Slope;
}

/** One way to differ for each part of the GRU that has several. @internal */
export interface GruHabits {
  /** The reset gate is always open. */
  readonly withoutReset?: boolean;
  /** A state that nobody gave is no state: the candidate's recurrent bias is missing at the first step. */
  readonly nothingAtFirst?: boolean;
  readonly hardSigmoid?: Slope;
}

/** The hard sigmoid of PyTorch, relu6(x + 3) / 6. @internal */
export const sixth: Slope = hardSigmoidOf(1 / 6);

const slopeOf = (kit: Kit, option: string): Slope => slopes[kit.options[option] as keyof typeof slopes];

const gateSlope = (kit: Kit, hard: Slope = slopes.hardSigmoid): Slope => (kit.options["gateActivation"] === "hardSigmoid" ? hard : slopes.sigmoid);

/** @internal */
export const simpleRnnCell: CellStep = (kit, x, { h, c }) => {
  const f = slopeOf(kit, "activation");
  return { h: kit.gate("", x, h)!.map((a) => kit.scalars.apply(f, a)), c };
};

/** @internal */
export const lstmCell = (habits: LstmHabits = {}): CellStep => (kit, x, { h, c }) => {
  const { scalars: s, vector, gate, options } = kit;
  const clip = limit(habits.clip === "cell" ? undefined : options["clip"]);
  const [sigma, phi] = [gateSlope(kit, habits.hardSigmoid), slopeOf(kit, "candidateActivation")];
  const seeing = (row: Row | undefined, name: string, cell: Row): Row | undefined => {
    const peephole = vector(`${name}.peephole`);
    return row && peephole ? units((a, p, each) => s.sum(a!, s.product(p!, each!)), row, peephole, cell) : row;
  };
  const active = (f: Slope, row: Row): Row => row.map((a) => s.apply(f, s.apply(clip, a)));
  const i = active(sigma, seeing(gate("input", x, h), "input", c)!);
  const forget = seeing(gate("forget", x, h), "forget", c);
  const f = forget ? active(sigma, forget) : i.map((each) => s.sum(s.leaf(1), s.product(s.leaf(-1), each)));
  const g = active(phi, gate("candidate", x, h)!);
  const kept = units((ft, ct, it, gt) => s.sum(s.product(ft!, ct!), s.product(it!, gt!)), f, c, i, g);
  const next = habits.clip === "cell" ? kept.map((each) => s.apply(limit(options["clip"]), each)) : kept;
  const sums = gate("output", x, h)!;
  const o = habits.peephole === "afterActivation"
    ? seeing(active(sigma, sums), "output", next)!
    : active(sigma, seeing(sums, "output", habits.peephole === "oldCell" ? c : next)!);
  const shown: Row = { cell: next, candidate: g }[habits.shown as string]
    ?? next.map((each) => s.apply(phi, habits.clip === "shownToo" ? s.apply(clip, each) : each));
  return { h: units((a, b) => s.product(a!, b!), o, shown), c: next };
};

/** @internal */
export const gruCell = (habits: GruHabits = {}): CellStep => (kit, x, { h, c }, isFresh) => {
  const { scalars: s, vector, gate, times, options } = kit;
  const [sigma, phi, clip] = [gateSlope(kit, habits.hardSigmoid), slopeOf(kit, "candidateActivation"), limit(options["clip"])];
  const active = (f: Slope, row: Row): Row => row.map((a) => s.apply(f, s.apply(clip, a)));
  const product = (left: Row, right: Row): Row => units((a, b) => s.product(a!, b!), left, right);
  const added = (row: Row, bias: Row | undefined): Row => (bias ? units(s.sum, row, bias) : row);
  const r = habits.withoutReset === true ? h.map((): Scalar => s.leaf(1)) : active(sigma, gate("reset", x, h)!);
  const z = active(sigma, gate("update", x, h)!);
  const recurrentBias = habits.nothingAtFirst === true && isFresh ? undefined : vector("candidate.recurrentBias");
  const sums = options["resetAfter"] === true
    ? units(s.sum, added(times(x, "candidate.wx")!, vector("candidate.bias")), product(r, added(times(h, "candidate.wh")!, recurrentBias)))
    : gate("candidate", x, product(r, h))!;
  const n = active(phi, sums);
  // n + z·(h − n)
  const next = units((a, b, d) => s.sum(a!, s.product(b!, s.sum(d!, s.product(s.leaf(-1), a!)))), n, z, h);
  return { h: next, c };
};

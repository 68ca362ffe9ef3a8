/** Recurrent cells as people write them, every step rounded to a precision, with libraries that err by some units in the last place. */
import type { Case } from "../../../src/oracle/case.ts";
import { noise } from "../../../src/oracle/lattice.ts";
import type { Precision } from "../../../src/oracle/precision.ts";
import { raw } from "../../../src/tensor/tensor.ts";

type Numbers = readonly number[];
type Named = Readonly<Record<string, Numbers>>;

/** How a piece of code groups its formulas. */
export interface Style {
  /** An order by name, or any that rounds exact products for itself. */
  readonly sum: "forwards" | "backwards" | "pairwise" | "double" | ((products: Numbers) => number);
  /** Both products and the bias in one sum; each product for itself; each with a bias of its own. */
  readonly product: "fused" | "separate" | "two biases";
  readonly sigmoid: "quotient" | "powers" | "tanh";
  readonly sigmoidSlope: "y(1 - y)" | "y - y²" | "from a";
  readonly tanhSlope: "1 - y²" | "(1 - y)(1 + y)";
  /** (1 − z)n + zh, n + z(h − n), h + (1 − z)(n − h), n − zn + zh; where gates are coupled the first two. */
  readonly mixture: 0 | 1 | 2 | 3;
  /** Gradients of weights in one sum over steps and samples, or step by step. */
  readonly gradients: "long" | "by steps";
  /** Units in the last place that functions are off: at most so many, or where it is negative always so many, to the larger side. */
  readonly off: number;
}

/** Rounds to so many bits, and to the subnormal numbers of a precision. */
export function rounding({ name, unit, tiny }: Precision): (x: number) => number {
  if (name === "float64") return (x) => x;
  if (name === "float32") return Math.fround;
  return (x) => {
    if (x === 0 || !Number.isFinite(x)) return x;
    const spacing = Math.max(2 * unit * 2 ** Math.floor(Math.log2(Math.abs(x))), tiny);
    const scaled = x / spacing;
    const floor = Math.floor(scaled);
    const even = scaled - floor === 0.5 ? floor + (Math.abs(floor) % 2) : Math.round(scaled);
    return even * spacing;
  };
}

/** What a cell keeps of one step, and how it goes back: dState, with the output's part in h, to the state before, dx, and its weights. */
interface Kept {
  readonly next: Named;
  readonly back: (dState: Named) => { readonly before: Named; readonly dx: Numbers; readonly weights: Readonly<Record<string, readonly (readonly number[])[]>> };
}

/** The answer of code in one style to a case: flat, by name. `spoil` may change a step's new state. */
export function recurrentAnswer(
  one: Case, precision: Precision, style: Style, fl = rounding(precision), spoil: (state: Named) => Named = (state) => state,
): { readonly outputs: Named; readonly gradients: Named } {
  const { inputs, options, cotangents = {}, operation } = one;
  const value = (name: string): Numbers | undefined => inputs[name] && Array.from(raw(inputs[name]));
  const [T, N, F] = inputs["input"]!.shape as readonly [number, number, number];
  const ways = ({ forward: ["forward"], reverse: ["backward"], bidirectional: ["forward", "backward"] } as const)[options["direction"] as "forward"] as readonly string[];
  const gates = { simpleRnn: [""], lstm: ["input.", ...(options["coupled"] === true ? [] : ["forget."]), "candidate.", "output."], gru: ["reset.", "update.", "candidate."] }[operation]!;
  const H = inputs[`${ways[0]}.${gates[0]}wx`]!.shape[1]!;
  const states = operation === "lstm" ? ["h", "c"] : ["h"];
  const lengths = value("lengths") ?? Array.from({ length: N }, () => T);
  const units = Array.from({ length: H }, (_, j) => j);
  const { clip, gateActivation, candidateActivation, activation } = options as { clip?: number; gateActivation: string; candidateActivation: string; activation: string };

  const forwards = (values: Numbers): number => values.reduce((total, each) => fl(total + each), 0);
  const pairwise = (values: Numbers): number => (values.length < 2 ? values[0] ?? 0 : fl(pairwise(values.slice(0, values.length >> 1)) + pairwise(values.slice(values.length >> 1))));
  const sum = typeof style.sum === "function" ? style.sum : (values: Numbers): number =>
    style.sum === "forwards" ? forwards(values) : style.sum === "backwards" ? forwards(values.toReversed())
      : style.sum === "pairwise" ? pairwise(values) : fl(values.reduce((total, each) => total + each, 0));
  const times = (a: number, b: number): number => (style.sum === "double" || typeof style.sum === "function" ? a * b : fl(a * b));
  const product = (...factors: Numbers): number => factors.reduce((a, b) => fl(a * b));
  let calls = 0;
  const library = (f: (x: number) => number) => (x: number): number =>
    (f(x) === 0 || f(x) === 1 ? f(x) : fl(fl(f(x)) * (1 + 2 * (style.off < 0 ? -style.off : Math.round(style.off * (2 * noise(5, "library", [calls++], 0) - 1))) * precision.unit)));
  const [exp, tanh] = [library(Math.exp), library(Math.tanh)];

  const sigmoid = (a: number): number => {
    if (style.sigmoid === "tanh") return fl(0.5 * fl(1 + tanh(fl(0.5 * a))));
    if (style.sigmoid === "quotient" || a >= 0) return fl(1 / fl(1 + exp(-a)));
    const power = exp(a);
    return fl(power / fl(1 + power));
  };
  const functions: Readonly<Record<string, { readonly value: (a: number) => number; readonly slope: (a: number, y: number) => number }>> = {
    sigmoid: { value: sigmoid, slope: (a, y) => {
      const s = style.sigmoidSlope === "from a" ? fl(1 / fl(1 + exp(-a))) : y;
      return style.sigmoidSlope === "y - y²" ? fl(s - fl(s * s)) : fl(s * fl(1 - s));
    } },
    tanh: { value: tanh, slope: (_, y) => (style.tanhSlope === "1 - y²" ? fl(1 - fl(y * y)) : fl(fl(1 - y) * fl(1 + y))) },
    relu: { value: (a) => Math.max(0, a), slope: (a) => (a > 0 ? 1 : 0) },
    identity: { value: (a) => a, slope: () => 1 },
    hardSigmoid: {
      value: (a) => Math.min(1, Math.max(0, style.sigmoid === "tanh" ? fl(fl(0.2) * fl(a + 2.5)) : fl(fl(fl(0.2) * a) + 0.5))),
      slope: (a, y) => (style.sigmoidSlope === "from a" ? (Math.abs(a) < 2.5 ? fl(0.2) : 0) : y > 0 && y < 1 ? fl(0.2) : 0),
    },
  };

  const run = (way: string): ((x: Numbers, state: Named) => Kept) => {
    const w = (name: string): Numbers | undefined => value(`${way}.${name}`);
    /** What goes into a gate, what comes out, and its gradient from that of its value. */
    const gate = (name: string, f: string, x: Numbers, h: Numbers, limit: number | undefined, extra: (j: number) => Numbers) => {
      const [wx, wh, bias] = [w(`${name}wx`)!, w(`${name}wh`)!, w(`${name}bias`)];
      const cells = units.map((j) => {
        const [ofX, ofH] = [x.map((each, i) => times(each, wx[i * H + j]!)), h.map((each, k) => times(each, wh[k * H + j]!))];
        const b = bias ? [bias[j]!] : [];
        const halves = b.map((each) => each / 2);
        const a = style.product === "fused" ? sum([...ofX, ...ofH, ...b, ...extra(j)])
          : style.product === "separate" ? sum([sum([...b, ...ofX]), sum(ofH), ...extra(j)].map(fl))
          : sum([sum([...ofX, ...halves]), sum([...ofH, ...halves]), ...extra(j)].map(fl));
        const limited = limit === undefined ? a : Math.min(fl(limit), Math.max(-fl(limit), a));
        const y = functions[f]!.value(limited);
        const slope = limit !== undefined && Math.abs(a) > fl(limit) ? 0 : functions[f]!.slope(limited, y);
        return { y, slope };
      });
      return { y: cells.map(({ y }) => y), da: (dy: Numbers) => cells.map(({ slope }, j) => fl(dy[j]! * slope)) };
    };
    const into = (da: Numbers, matrix: Numbers, rows: number): readonly Numbers[] => Array.from({ length: rows }, (_, i) => da.map((each, j) => times(each, matrix[i * H + j]!)));
    /** Terms for each row summed: all at once, or part by part. */
    const gathered = (parts: readonly (readonly Numbers[])[]): Numbers =>
      parts[0]!.map((_, i) => (style.product === "fused" ? sum(parts.flatMap((part) => part[i]!)) : sum(parts.map((part) => fl(sum(part[i]!))))));
    const outer = (rows: Numbers, columns: Numbers): readonly Numbers[] => rows.flatMap((row) => columns.map((column) => [row, column]));
    const alone = (columns: Numbers): readonly Numbers[] => columns.map((column) => [column]);

    if (operation === "simpleRnn") return (x, { h }) => {
      const whole = gate("", activation, x, h!, undefined, () => []);
      return { next: { h: whole.y }, back: ({ h: dh }) => {
        const da = whole.da(dh!);
        return { before: { h: gathered([into(da, w("wh")!, H)]) }, dx: gathered([into(da, w("wx")!, F)]), weights: { wx: outer(x, da), wh: outer(h!, da), bias: alone(da) } };
      } };
    };

    if (operation === "lstm") return (x, { h, c }) => {
      const peephole = (name: string, cell: Numbers) => (j: number): Numbers => (w(`${name}peephole`) ? [times(cell[j]!, w(`${name}peephole`)![j]!)] : []);
      const [i, f] = [gate("input.", gateActivation, x, h!, clip, peephole("input.", c!)), gates.includes("forget.") ? gate("forget.", gateActivation, x, h!, clip, peephole("forget.", c!)) : undefined];
      const g = gate("candidate.", candidateActivation, x, h!, clip, () => []);
      const forget = f?.y ?? i.y.map((each) => fl(1 - each));
      const lerp = f === undefined && style.mixture % 2 === 1;
      const next = units.map((j) => (lerp ? fl(c![j]! + product(i.y[j]!, fl(g.y[j]! - c![j]!))) : fl(times(forget[j]!, c![j]!) + times(i.y[j]!, g.y[j]!))));
      const o = gate("output.", gateActivation, x, h!, clip, peephole("output.", next));
      const shown = next.map(functions[candidateActivation]!.value);
      return { next: { h: units.map((j) => product(o.y[j]!, shown[j]!)), c: next }, back: ({ h: dh, c: dc }) => {
        const dO = o.da(units.map((j) => product(dh![j]!, shown[j]!)));
        const through = (name: string, da: Numbers): readonly Numbers[] => units.map((j) => (w(`${name}peephole`) ? [product(da[j]!, w(`${name}peephole`)![j]!)] : []));
        const slopes = next.map((each, j) => functions[candidateActivation]!.slope(each, shown[j]!));
        const dNext = units.map((j) => sum([dc![j]!, product(dh![j]!, o.y[j]!, slopes[j]!), ...through("output.", dO)[j]!]));
        const dI = i.da(units.map((j) => (f ? product(dNext[j]!, g.y[j]!) : lerp ? product(dNext[j]!, fl(g.y[j]! - c![j]!)) : fl(product(dNext[j]!, g.y[j]!) - product(dNext[j]!, c![j]!)))));
        const dF = f?.da(units.map((j) => product(dNext[j]!, c![j]!)));
        const dG = g.da(units.map((j) => product(dNext[j]!, i.y[j]!)));
        const kept = units.map((j) => (lerp ? fl(dNext[j]! - product(dNext[j]!, i.y[j]!)) : product(dNext[j]!, forget[j]!)));
        const all: readonly (readonly [string, Numbers, Numbers | undefined])[] = [["input.", dI, c!], ...(dF ? [["forget.", dF, c!] as const] : []), ["candidate.", dG, undefined], ["output.", dO, next]];
        return {
          before: {
            h: gathered(all.map(([name, da]) => into(da, w(`${name}wh`)!, H))),
            c: units.map((j) => sum([kept[j]!, ...through("input.", dI)[j]!, ...(dF ? through("forget.", dF)[j]! : [])])),
          },
          dx: gathered(all.map(([name, da]) => into(da, w(`${name}wx`)!, F))),
          weights: Object.fromEntries(all.flatMap(([name, da, cell]) => [
            [`${name}wx`, outer(x, da)], [`${name}wh`, outer(h!, da)], [`${name}bias`, alone(da)], [`${name}peephole`, cell ? da.map((each, j) => [each, cell[j]!]) : []],
          ])),
        };
      } };
    };

    return (x, { h: hidden }) => {
      const h = hidden!;
      const [r, z] = [gate("reset.", gateActivation, x, h, clip, () => []), gate("update.", gateActivation, x, h, clip, () => [])];
      const [wh, inner] = [w("candidate.wh")!, w("candidate.recurrentBias")];
      const after = options["resetAfter"] === true;
      const seen = after ? units.map((j) => fl(sum([...h.map((each, k) => times(each, wh[k * H + j]!)), ...(inner ? [inner[j]!] : [])]))) : units.map((j) => product(r.y[j]!, h[j]!));
      const none = units.map(() => 0);
      const n = gate("candidate.", candidateActivation, x, after ? none : seen, clip, (j) => (after ? [times(r.y[j]!, seen[j]!)] : []));
      const mixed = units.map((j) => {
        const [zj, nj, hj] = [z.y[j]!, n.y[j]!, h[j]!];
        switch (style.mixture) {
          case 0: return fl(product(fl(1 - zj), nj) + product(zj, hj));
          case 1: return fl(nj + product(zj, fl(hj - nj)));
          case 2: return fl(hj + product(fl(1 - zj), fl(nj - hj)));
          default: return fl(fl(nj - product(zj, nj)) + product(zj, hj));
        }
      });
      return { next: { h: mixed }, back: ({ h: dh }) => {
        const dZ = z.da(units.map((j) => (style.mixture % 2 === 1 ? product(dh![j]!, fl(h[j]! - n.y[j]!)) : fl(product(dh![j]!, h[j]!) - product(dh![j]!, n.y[j]!)))));
        const dN = n.da(units.map((j) => (style.mixture % 2 === 1 ? fl(dh![j]! - product(dh![j]!, z.y[j]!)) : product(dh![j]!, fl(1 - z.y[j]!)))));
        const dSeen = after ? units.map((j) => product(dN[j]!, r.y[j]!)) : units.map((k) => fl(sum(dN.map((each, j) => times(each, wh[k * H + j]!)))));
        const dR = r.da(units.map((j) => (after ? product(dN[j]!, seen[j]!) : product(dSeen[j]!, h[j]!))));
        const kept = units.map((j) => [style.mixture === 2 ? fl(dh![j]! - product(dh![j]!, fl(1 - z.y[j]!))) : product(dh![j]!, z.y[j]!)]);
        const through = after ? into(dSeen, wh, H) : units.map((j) => [product(dSeen[j]!, r.y[j]!)]);
        return {
          before: { h: gathered([kept, through, into(dR, w("reset.wh")!, H), into(dZ, w("update.wh")!, H)]) },
          dx: gathered([into(dR, w("reset.wx")!, F), into(dZ, w("update.wx")!, F), into(dN, w("candidate.wx")!, F)]),
          weights: {
            "reset.wx": outer(x, dR), "reset.wh": outer(h, dR), "reset.bias": alone(dR), "update.wx": outer(x, dZ), "update.wh": outer(h, dZ), "update.bias": alone(dZ),
            "candidate.wx": outer(x, dN), "candidate.bias": alone(dN), "candidate.recurrentBias": alone(dSeen),
            "candidate.wh": after ? outer(h, dSeen) : outer(seen, dN),
          },
        };
      } };
    };
  };

  const outputs: Record<string, number[]> = {};
  const gathered: Record<string, Numbers[][][]> = {}; // by weight, place and step: factors
  const gradients: Record<string, number[]> = {};
  const dInput = Array.from({ length: T * N * F }, (): number[] => []);
  const hidden: Record<string, number[]> = {};
  const [share, parts] = ways.length === 1 || options["merge"] === "sum" ? [1, 1] : options["merge"] === "concat" ? [1, 2] : [0.5, 1];
  const dOutput = cotangents["output"] && raw(cotangents["output"]);
  ways.forEach((way, index) => {
    const step = run(way);
    hidden[way] = new Array<number>(T * N * H).fill(0);
    for (const state of states) outputs[`${way}.finalState.${state}`] = [];
    for (let n = 0; n < N; n++) {
      const rowOf = (values: ArrayLike<number> | undefined): number[] => units.map((j) => values?.[n * H + j] ?? 0);
      let state: Named = Object.fromEntries(states.map((each) => [each, rowOf(value(`${way}.initialState.${each}`))]));
      const order = Array.from({ length: lengths[n]! }, (_, t) => (way === "forward" ? t : lengths[n]! - 1 - t));
      const kept = order.map((t) => {
        const done = step(value("input")!.slice((t * N + n) * F, (t * N + n + 1) * F), state);
        state = spoil(done.next);
        state["h"]!.forEach((each, j) => (hidden[way]![(t * N + n) * H + j] = each));
        return done;
      });
      for (const each of states) outputs[`${way}.finalState.${each}`]!.push(...state[each]!);
      let dState: Named = Object.fromEntries(states.map((each) => [each, rowOf(cotangents[`${way}.finalState.${each}`] && raw(cotangents[`${way}.finalState.${each}`]!))]));
      order.map((t, at) => ({ t, at })).toReversed().forEach(({ t, at }, back) => {
        const dh = units.map((j) => fl(dState["h"]![j]! + fl(share * (dOutput?.[((t * N + n) * parts + (parts === 2 ? index : 0)) * H + j] ?? 0))));
        const { before, dx, weights } = kept[at]!.back({ ...dState, h: dh });
        dState = before;
        dx.forEach((each, i) => dInput[(t * N + n) * F + i]!.push(each));
        for (const [name, terms] of Object.entries(weights)) {
          if (!inputs[`${way}.${name}`]) continue;
          const places = (gathered[`${way}.${name}`] ??= terms.map(() => []));
          terms.forEach((term, place) => (places[place]![back] ??= []).push(term));
        }
      });
      for (const each of states) if (inputs[`${way}.initialState.${each}`]) (gradients[`${way}.initialState.${each}`] ??= []).push(...dState[each]!);
    }
  });
  const multiplied = (terms: readonly Numbers[]): Numbers => terms.map((term) => (term.length === 1 ? term[0]! : times(term[0]!, term[1]!)));
  for (const [name, tensor] of Object.entries(inputs)) {
    if (name === "input" || name === "lengths" || name.includes("initialState")) continue;
    const places = gathered[name] ?? Array.from({ length: raw(tensor).length }, () => []);
    gradients[name] = places.map((steps) => (style.gradients === "long" ? fl(sum(multiplied(steps.flat())))
      : steps.reduce((total, each) => fl(total + fl(sum(multiplied(each)))), 0)));
  }
  gradients["input"] = dInput.map(forwards);
  const [first, second] = ways.map((way) => hidden[way]!) as [number[], number[] | undefined];
  outputs["output"] = second === undefined ? first
    : options["merge"] === "concat" ? Array.from({ length: T * N }, (_, row) => [...first.slice(row * H, (row + 1) * H), ...second.slice(row * H, (row + 1) * H)]).flat()
    : first.map((each, i) => (options["merge"] === "sum" ? fl(each + second[i]!) : fl(0.5 * fl(each + second[i]!))));
  return { outputs, gradients };
}

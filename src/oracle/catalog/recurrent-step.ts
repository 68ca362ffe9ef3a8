/**
 * One step of each recurrent cell on a tape, forward and backward, with the groupings of their formulas that honest code has.
 *
 * Products of factors and sums of terms may be taken in any order: a tape counts that itself. Besides,
 *
 *     f = 1 − i (coupled)      c' as f∘c + i∘g, or as c + i∘(g − c); di as dc∘(g − c), or as dc∘g − dc∘c
 *     h' of the GRU            (1 − z)∘n + z∘h, n + z∘(h − n), h + (1 − z)∘(n − h), or n − z∘n + z∘h
 *     its gradient             dz as dh∘(h − n), or as dh∘h − dh∘n; dn as dh∘(1 − z), or as dh − dh∘z; dh∘z, or dh − dh∘(1 − z)
 *
 * @module
 */
import type { Node, Tape, Term } from "../first-order.ts";
import type { Options } from "./operation.ts";
import { activated, activationsOf, clipped, productTerms, single, tapedGate, together, transposedTerms } from "./recurrent-gate.ts";
import type { Vector, Weights } from "./recurrent-gate.ts";

/** Terms that are to be summed, for each unit or feature. @internal */
export type Terms = readonly (readonly Term[])[];

/** The state of one sample by the names of its tensors. @internal */
export type StateOf<T> = Readonly<Record<string, T>>;

/** What a matrix's rows and columns are multiplied by, or what a vector's units are. @internal */
export type WeightGradient = readonly [rows: Vector | undefined, columns: readonly Term[]];

/** What one step gives, and how its gradient flows back. @internal */
export interface TapedStep {
  readonly next: StateOf<Vector>;
  /** From the terms of the gradient of the state after the step. */
  readonly backward: (dNext: StateOf<Terms>) => {
    readonly before: StateOf<Terms>;
    readonly dx: Terms;
    readonly params: Readonly<Record<string, WeightGradient>>;
  };
}

/** One step of one sample. @internal */
export type TapedCell = (tape: Tape, weights: Weights, options: Options, x: Vector, state: StateOf<Vector>) => TapedStep;

const sums = (tape: Tape, terms: Terms): Vector => terms.map((each) => tape.sum(each));

const asTerms = (vector: Vector): readonly Term[] => vector.map((node) => [node]);

/** The part of a gate with gradient da in dx, in dh, and in its weights. */
const spread = (weights: Weights, gate: string, da: Vector, x: Vector, h: Vector, c?: Vector): {
  readonly dx: Terms;
  readonly dh: Terms;
  readonly params: Readonly<Record<string, WeightGradient>>;
} => ({
  dx: transposedTerms(da, weights[`${gate}wx`]!),
  dh: transposedTerms(da, weights[`${gate}wh`]!),
  params: {
    [`${gate}wx`]: [x, asTerms(da)], [`${gate}wh`]: [h, asTerms(da)], [`${gate}bias`]: [undefined, asTerms(da)],
    ...(c ? { [`${gate}peephole`]: [undefined, da.map((each, j): Term => [each, c[j]!])] as const } : {}),
  },
});

/** h' = f(a). @internal */
export const tapedSimpleRnn: TapedCell = (tape, weights, { activation }, x, { h }) => {
  const whole = tapedGate(tape, weights, "", activationsOf[activation as string]!, x, h!);
  return {
    next: { h: whole.value },
    backward: (dNext) => {
      const dh = sums(tape, dNext["h"]!);
      const { dx, dh: before, params } = spread(weights, "", whole.backward((j) => [dh[j]!]), x, h!);
      return { before: { h: before }, dx, params };
    },
  };
};

/** The LSTM. @internal */
export const tapedLstm: TapedCell = (tape, weights, { coupled, clip, gateActivation, candidateActivation }, x, { h: hidden, c: cell }) => {
  const [h, c] = [hidden!, cell!];
  const phi = activationsOf[candidateActivation as string]!;
  const sigma = clipped(activationsOf[gateActivation as string]!, clip);
  const { unit, tiny, value } = tape;
  const inputGate = tapedGate(tape, weights, "input.", sigma, x, h, c);
  const forgetGate = coupled === true ? undefined : tapedGate(tape, weights, "forget.", sigma, x, h, c);
  const candidate = tapedGate(tape, weights, "candidate.", clipped(phi, clip), x, h);
  const [i, g] = [inputGate.value, candidate.value];
  const f = forgetGate?.value ?? i.map((each) => tape.step(1 - value(each), unit * (1 - value(each)), [each], [-1]));
  const next = c.map((each, j) => {
    const [kept, written] = [value(f[j]!) * value(each), value(i[j]!) * value(g[j]!)];
    const products = Math.abs(kept) + Math.abs(written);
    const moved = coupled === true ? 2 * Math.abs(value(i[j]!) * (value(g[j]!) - value(each))) : 0;
    return tape.step(kept + written, unit * (Math.max(products, moved) + Math.abs(kept + written)) + 2 * tiny,
      [f[j]!, each, i[j]!, g[j]!], [value(each), value(f[j]!), value(g[j]!), value(i[j]!)]);
  });
  const outputGate = tapedGate(tape, weights, "output.", sigma, x, h, next);
  const o = outputGate.value;
  const shown = next.map((each) => phi(tape, each));
  return {
    next: { h: o.map((each, j) => tape.sum([[each, shown[j]!.value]])), c: next },
    backward: (dNext) => {
      const dh = sums(tape, dNext["h"]!);
      const dOutput = outputGate.backward((j) => [dh[j]!, shown[j]!.value]);
      const seen = (gate: string, da: Vector): Terms => {
        const peephole = weights[`${gate}peephole`];
        return da.map((each, j) => (peephole ? [[each, peephole[j]!]] : []));
      };
      const dc = sums(tape, together(dNext["c"]!, dh.map((each, j) => [[each, o[j]!, shown[j]!.slope]]), seen("output.", dOutput)));
      const dInput = inputGate.backward((j) => (forgetGate ? [dc[j]!, g[j]!] : [difference(tape, dc[j]!, g[j]!, c[j]!)]));
      const dForget = forgetGate?.backward((j) => [dc[j]!, c[j]!]);
      const dCandidate = candidate.backward((j) => [dc[j]!, i[j]!]);
      const parts = [
        spread(weights, "input.", dInput, x, h, c), ...(dForget ? [spread(weights, "forget.", dForget, x, h, c)] : []),
        spread(weights, "candidate.", dCandidate, x, h), spread(weights, "output.", dOutput, x, h, next),
      ] as const;
      return {
        before: {
          h: together(parts[0].dh, ...parts.slice(1).map(({ dh: part }) => part)),
          c: together(
            forgetGate ? dc.map((each, j) => [[each, f[j]!]]) : remaining(tape, dc, f),
            seen("input.", dInput), ...(dForget ? [seen("forget.", dForget)] : []),
          ),
        },
        dx: together(parts[0].dx, ...parts.slice(1).map(({ dx }) => dx)),
        params: Object.assign({}, ...parts.map(({ params }) => params)),
      };
    },
  };
};

/** d·(a − b), or d·a − d·b. */
const difference = ({ sum, negative }: Tape, d: Node, a: Node, b: Node): Node => sum([[d, a], [d, negative(b)]]);

/** d·s, or d − d·(1 − s), unit by unit. */
const remaining = ({ value, step, unit, tiny }: Tape, d: Vector, s: Vector): Terms => d.map((each, j) => {
  const [gradient, share] = [value(each), value(s[j]!)];
  return [[step(gradient * share, unit * Math.abs(gradient) + tiny, [each, s[j]!], [share, gradient])]];
});

/** The GRU. @internal */
export const tapedGru: TapedCell = (tape, weights, { resetAfter, clip, gateActivation, candidateActivation }, x, { h: hidden }) => {
  const h = hidden!;
  const { unit, tiny, value } = tape;
  const sigma = clipped(activationsOf[gateActivation as string]!, clip);
  const phi = clipped(activationsOf[candidateActivation as string]!, clip);
  const reset = tapedGate(tape, weights, "reset.", sigma, x, h);
  const update = tapedGate(tape, weights, "update.", sigma, x, h);
  const [r, z] = [reset.value, update.value];
  const seen = resetAfter === true
    ? sums(tape, together(productTerms(h, weights["candidate.wh"]!), single(weights["candidate.recurrentBias"], h.length)))
    : h.map((each, j) => tape.sum([[r[j]!, each]]));
  const fromState = resetAfter === true ? seen.map((each, j): readonly Term[] => [[r[j]!, each]]) : productTerms(seen, weights["candidate.wh"]!);
  const bias = weights["candidate.bias"];
  const candidate = activated(tape, phi, together(productTerms(x, weights["candidate.wx"]!), fromState, single(bias, h.length)), bias ? 1 : 0);
  const n = candidate.value;
  return {
    next: { h: h.map((before, j) => {
      const [left, right] = [value(n[j]!), value(before)];
      const stays = value(z[j]!);
      const [renewed, kept] = [Math.abs((1 - stays) * left), Math.abs(stays * right)];
      const gap = Math.abs(right - left);
      const own = Math.max(2 * renewed + kept, 2 * stays * gap, 3 * (1 - stays) * gap, Math.abs(stays * left) + kept + renewed);
      const mixed = (1 - stays) * left + stays * right;
      return tape.step(mixed, unit * (own + Math.abs(mixed)) + 2 * tiny, [n[j]!, z[j]!, before], [1 - stays, right - left, stays]);
    }) },
    backward: (dNext) => {
      const dh = sums(tape, dNext["h"]!);
      const dUpdate = update.backward((j) => [difference(tape, dh[j]!, h[j]!, n[j]!)]);
      const dCandidate = candidate.backward((j) => {
        const [d, stays] = [value(dh[j]!), value(z[j]!)];
        return [tape.step(d * (1 - stays), unit * Math.abs(d) * Math.max(2 * (1 - stays), 1) + tiny, [dh[j]!, z[j]!], [1 - stays, -d])];
      });
      const dSeen = sums(tape, resetAfter === true ? dCandidate.map((each, j) => [[each, r[j]!]]) : transposedTerms(dCandidate, weights["candidate.wh"]!));
      const dReset = reset.backward((j) => (resetAfter === true ? [dCandidate[j]!, seen[j]!] : [dSeen[j]!, h[j]!]));
      const [ofReset, ofUpdate] = [spread(weights, "reset.", dReset, x, h), spread(weights, "update.", dUpdate, x, h)];
      const throughCandidate = resetAfter === true
        ? transposedTerms(dSeen, weights["candidate.wh"]!) : dSeen.map((each, j): readonly Term[] => [[each, r[j]!]]);
      return {
        before: { h: together(remaining(tape, dh, z), throughCandidate, ofReset.dh, ofUpdate.dh) },
        dx: together(transposedTerms(dCandidate, weights["candidate.wx"]!), ofReset.dx, ofUpdate.dx),
        params: {
          ...ofReset.params, ...ofUpdate.params,
          "candidate.wx": [x, asTerms(dCandidate)], "candidate.bias": [undefined, asTerms(dCandidate)],
          "candidate.wh": resetAfter === true ? [h, asTerms(dSeen)] : [seen, asTerms(dCandidate)],
          "candidate.recurrentBias": [undefined, asTerms(dSeen)],
        },
      };
    },
  };
};

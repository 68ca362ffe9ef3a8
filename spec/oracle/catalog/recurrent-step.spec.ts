import { describe, expect, it } from "vitest";
import type { Options } from "../../../src/oracle/catalog/operation.ts";
import { tapedGru, tapedLstm, tapedSimpleRnn } from "../../../src/oracle/catalog/recurrent-step.ts";
import type { TapedCell } from "../../../src/oracle/catalog/recurrent-step.ts";
import { newTape } from "../../../src/oracle/first-order.ts";

/** So fine that only what is proportional to the unit roundoff is left. */
const unit = 2 ** -40;

const sigma = (a: number): number => 1 / (1 + Math.exp(-a));

/** What honest code may err in a gate, and in a candidate: see the gates. */
const ofSigma = (y: number): number => Math.max(y * (8 * (1 - y) + 2), 4 * Math.abs(2 * y - 1) + y);
const ofTanh = (y: number): number => 8 * Math.abs(y);
const slopeOf = (y: number): number => y * (1 - y);
/** Of the sigmoid's derivative in this one step. */
const ofSlope = (y: number): number => Math.max(4 * slopeOf(y), y * y + slopeOf(y)) + Math.abs(1 - 2 * y) * ofSigma(y);

/**
 * One unit whose gates see their biases alone, so that nothing is rounded before the activations: numbers and errors in units of the new state, and
 * of the gradients of the biases and of the old state, which may be off by some units itself.
 */
function single(cell: TapedCell, biases: Readonly<Record<string, number>>, state: Readonly<Record<string, number>>, dState: Readonly<Record<string, number>>, options: Options, more: Readonly<Record<string, number>> = {}, off = 0) {
  const tape = newTape({ unit, tiny: 0 }, 64);
  const gates = Object.keys(biases);
  const weights = Object.fromEntries([
    ...gates.flatMap((gate) => [[`${gate}wx`, [tape.exact(0)]], [`${gate}wh`, [tape.exact(0)]], [`${gate}bias`, [tape.exact(biases[gate]!)]]] as const),
    ...Object.entries(more).map(([name, value]) => [name, [tape.exact(value)]] as const),
  ]);
  const onTape = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, [tape.step(value, off * unit, [], [])]]));
  const { next, backward } = cell(tape, weights, { gateActivation: "sigmoid", candidateActivation: "tanh", activation: "tanh", ...options }, [tape.exact(3)], onTape);
  const { before, dx, params } = backward(Object.fromEntries(Object.entries(dState).map(([name, value]) => [name, [[[tape.exact(value)]]]])));
  const told = (node: number) => ({ value: tape.value(node), error: tape.error(node) / unit });
  return {
    next: (name: string) => told(next[name]![0]!), before: (name: string) => told(tape.sum(before[name]![0]!)), dx: told(tape.sum(dx[0]!)),
    param: (name: string) => {
      const [rows, columns] = params[name]!;
      return told(tape.sum([[...(rows ? [rows[0]!] : []), ...columns[0]!]]));
    },
  };
}

describe("one step of a simple cell", () => {
  it("has the error of its activation, and in its gradients that of the derivative", () => {
    const y = Math.tanh(0.5);
    const { next, param } = single(tapedSimpleRnn, { "": 0.5 }, { h: 0.25 }, { h: 4 }, {});
    expect(next("h")).toEqual({ value: y, error: expect.closeTo(ofTanh(y), 6) });
    const slope = 1 - y * y;
    // da = 4·tanh'(a) is rounded once, dwh = h·da once more.
    const ofDa = 4 * (3 * slope + 2 * y * ofTanh(y)) + 4 * slope;
    expect(param("bias")).toEqual({ value: expect.closeTo(4 * slope, 12), error: expect.closeTo(ofDa, 5) });
    expect(param("wh").error).toBeCloseTo(0.25 * (ofDa + 4 * slope), 5);
    expect(param("wx").error).toBeCloseTo(3 * (ofDa + 4 * slope), 5);
  });
});

describe("one step of an LSTM", () => {
  const biases = { "input.": 0.5, "forget.": 1, "candidate.": -0.75, "output.": 0.25 };
  const [i, f, g, o] = [sigma(0.5), sigma(1), Math.tanh(-0.75), sigma(0.25)];

  it("errs in the cell state by its gates, two products and a sum; in the hidden one by what that becomes", () => {
    const { next } = single(tapedLstm, biases, { h: 0, c: 2 }, { h: 1, c: 0 }, { coupled: false });
    const c = f * 2 + i * g;
    const ofC = 2 * ofSigma(f) + Math.abs(g) * ofSigma(i) + i * ofTanh(g) + 2 * f + Math.abs(i * g) + Math.abs(c);
    expect(next("c")).toEqual({ value: c, error: expect.closeTo(ofC, 5) });
    const shown = Math.tanh(c);
    expect(next("h")).toEqual({ value: o * shown, error: expect.closeTo(shown * ofSigma(o) + o * ((1 - shown ** 2) * ofC + ofTanh(shown)) + o * shown, 5) });
  });

  it("passes on what the state before is off, by the forget gate", () => {
    const error = (off: number): number => single(tapedLstm, biases, { h: 0, c: 2 }, { h: 1, c: 0 }, { coupled: false }, {}, off).next("c").error;
    expect(error(100) - error(0)).toBeCloseTo(100 * f, 4);
  });

  it("allows c + i∘(g − c) where the gates are coupled, and 1 − i is rounded", () => {
    const coupled = { "input.": -1, "candidate.": -0.75, "output.": 0.25 };
    const s = sigma(-1);
    const ofC = (c: number): number =>
      Math.abs(g - c) * ofSigma(s) + Math.abs(c) * (1 - s) + s * ofTanh(g)
      + Math.max((1 - s) * Math.abs(c) + Math.abs(s * g), 2 * s * Math.abs(g - c)) + Math.abs((1 - s) * c + s * g);
    for (const c of [2, -0.5]) {
      const { next } = single(tapedLstm, coupled, { h: 0, c }, { h: 1, c: 0 }, { coupled: true });
      expect(next("c")).toEqual({ value: expect.closeTo((1 - s) * c + s * g, 14), error: expect.closeTo(ofC(c), 5) });
    }
    const open = sigma(3); // far more is moved than the products are large
    expect(single(tapedLstm, { ...coupled, "input.": 3 }, { h: 0, c: 2 }, { h: 1, c: 0 }, { coupled: true }).next("c").error)
      .toBeCloseTo(Math.abs(g - 2) * ofSigma(open) + 2 * (1 - open) + open * ofTanh(g) + 2 * open * Math.abs(g - 2) + Math.abs((1 - open) * 2 + open * g), 5);
  });

  it("errs in gradients by the gates that they pass, each product rounded", () => {
    const { before, param } = single(tapedLstm, biases, { h: 0.5, c: 2 }, { h: 0, c: 3 }, { coupled: false });
    expect(before("c")).toEqual({ value: 3 * f, error: expect.closeTo(3 * ofSigma(f) + 3 * f, 5) });
    const slope = slopeOf(f);
    // da_f = 3·c·σ': two products.
    const ofDa = 6 * (ofSlope(f) + Math.abs(1 - 2 * f) * ofSigma(f)) + 2 * 6 * slope;
    expect(param("forget.bias")).toEqual({ value: 6 * slope, error: expect.closeTo(ofDa, 4) });
    expect(param("forget.wh").error).toBeCloseTo(0.5 * (ofDa + 6 * slope), 4);
    expect(param("forget.peephole").error).toBeCloseTo(2 * (ofDa + 6 * slope), 4);
    expect(param("candidate.bias").value).toBeCloseTo(3 * i * (1 - g * g), 12);
    expect(param("input.bias").value).toBeCloseTo(3 * g * slopeOf(i), 12);
  });

  it("allows the gradient of coupled gates as one product or as two, and what stays as d − d·i", () => {
    const coupled = { "input.": -1, "candidate.": -0.75, "output.": 0.25 };
    const s = sigma(-1);
    const { before, param } = single(tapedLstm, coupled, { h: 0, c: 2 }, { h: 0, c: 3 }, { coupled: true });
    expect(before("c")).toEqual({ value: expect.closeTo(3 * (1 - s), 14), error: expect.closeTo(3 * (ofSigma(s) + (1 - s)) + 3, 5) });
    const e = 3 * (g - 2);
    const ofE = 3 * ofTanh(g) + 2 * 3 * (Math.abs(g) + 2);
    expect(param("input.bias").error).toBeCloseTo(
      slopeOf(s) * ofE + Math.abs(e) * (ofSlope(s) + Math.abs(1 - 2 * s) * ofSigma(s)) + Math.abs(e) * slopeOf(s), 4,
    );
  });

  it("sends gradients through peepholes: the output's to the new cell state, the others' to the old one", () => {
    const peepholes = { "input.peephole": 0.5, "forget.peephole": -0.25, "output.peephole": 2 };
    const { before, next, param } = single(tapedLstm, biases, { h: 0, c: 2 }, { h: 1, c: 0 }, { coupled: false }, peepholes);
    const [pi, pf] = [sigma(0.5 + 1), sigma(1 - 0.5)];
    const c = pf * 2 + pi * g;
    expect(next("c").value).toBeCloseTo(c, 14);
    const po = sigma(0.25 + 2 * c);
    const shown = Math.tanh(c);
    const dOutput = shown * slopeOf(po);
    const dc = po * (1 - shown ** 2) + 2 * dOutput;
    expect(before("c").value).toBeCloseTo(dc * pf + 0.5 * dc * g * slopeOf(pi) - 0.25 * dc * 2 * slopeOf(pf), 12);
    expect(param("output.peephole").value).toBeCloseTo(dOutput * c, 12);
    expect(param("input.peephole").value).toBeCloseTo(dc * g * slopeOf(pi) * 2, 12);
  });
});

describe("one step of a GRU", () => {
  const biases = { "reset.": 0.5, "update.": 1, "candidate.": -0.75 };
  const [r, n] = [sigma(0.5), Math.tanh(-0.75)];

  it.each([[1, 2], [-1, 2], [3, -0.7], [-3, 0.7], [-1, -0.6]])("allows four ways to mix candidate and state: update gate σ(%d), h = %d", (update, h) => {
    const z = sigma(update);
    const { next } = single(tapedGru, { ...biases, "update.": update }, { h }, { h: 1 }, { resetAfter: false });
    const [renewed, kept, gap, mixed] = [Math.abs((1 - z) * n), Math.abs(z * h), Math.abs(h - n), (1 - z) * n + z * h];
    const own = Math.max(2 * renewed + kept, 2 * z * gap, 3 * (1 - z) * gap, Math.abs(z * n) + kept + renewed) + Math.abs(mixed);
    expect(next("h")).toEqual({ value: mixed, error: expect.closeTo((1 - z) * ofTanh(n) + gap * ofSigma(z) + own, 5) });
  });

  it("passes on what the state before is off, by the update gate; and what the candidate's sum is off, with one bias or two", () => {
    const z = sigma(1);
    const error = (off: number): number => single(tapedGru, biases, { h: 2 }, { h: 1 }, { resetAfter: false }, {}, off).next("h").error;
    expect(error(100) - error(0)).toBeCloseTo(100 * z, 4);
    const seeing = Math.tanh(1.5 - 0.75);
    const mixed = (1 - z) * seeing + z * 2;
    const { next } = single(tapedGru, biases, { h: 2 }, { h: 1 }, { resetAfter: false }, { "candidate.wx": 0.5 });
    const own = Math.max(2 * z * (2 - seeing), z * seeing + z * 2 + (1 - z) * seeing) + mixed;
    const ofN = ofTanh(seeing) + (1 - seeing ** 2) * (3 * 1.5 + 2 * 0.75);
    expect(next("h")).toEqual({ value: expect.closeTo(mixed, 14), error: expect.closeTo((1 - z) * ofN + (2 - seeing) * ofSigma(z) + own, 5) });
  });

  it("errs in gradients by every grouping: two products or one, and d − d·z", () => {
    const z = sigma(1);
    const { before, param } = single(tapedGru, biases, { h: 2 }, { h: 3 }, { resetAfter: false });
    expect(before("h")).toEqual({ value: expect.closeTo(3 * z, 14), error: expect.closeTo(3 * ofSigma(z) + 3, 5) });
    const dz = 3 * (2 - n);
    const ofDz = 3 * ofTanh(n) + 2 * 3 * (2 + Math.abs(n));
    expect(param("update.bias")).toEqual({
      value: expect.closeTo(dz * slopeOf(z), 12),
      error: expect.closeTo(slopeOf(z) * ofDz + dz * (ofSlope(z) + Math.abs(1 - 2 * z) * ofSigma(z)) + dz * slopeOf(z), 4),
    });
    const [dn, slope] = [3 * (1 - z), 1 - n * n];
    const ofDn = 3 * ofSigma(z) + 3 * Math.max(2 * (1 - z), 1);
    expect(param("candidate.bias")).toEqual({
      value: expect.closeTo(dn * slope, 12),
      error: expect.closeTo(slope * ofDn + dn * (Math.max(1, 3 * slope) + 2 * Math.abs(n) * ofTanh(n)) + dn * slope, 4),
    });
  });

  it("resets the state before the product, or what comes out of it", () => {
    const weights = { "candidate.wh": 0.5 };
    const before = single(tapedGru, biases, { h: 2 }, { h: 3 }, { resetAfter: false }, weights);
    const after = single(tapedGru, biases, { h: 2 }, { h: 3 }, { resetAfter: true }, { ...weights, "candidate.recurrentBias": 0.75 });
    const z = sigma(1);
    const inside = Math.tanh(-0.75 + 0.5 * r * 2);
    const outside = Math.tanh(-0.75 + r * (0.5 * 2 + 0.75));
    expect(before.next("h").value).toBeCloseTo((1 - z) * inside + z * 2, 14);
    expect(after.next("h").value).toBeCloseTo((1 - z) * outside + z * 2, 14);
    const [da, dq] = [3 * (1 - z) * (1 - inside ** 2), 3 * (1 - z) * (1 - outside ** 2)];
    expect(before.before("h").value).toBeCloseTo(3 * z + da * 0.5 * r, 12);
    expect(after.before("h").value).toBeCloseTo(3 * z + dq * r * 0.5, 12);
    expect(before.param("candidate.wh").value).toBeCloseTo(r * 2 * da, 12);
    expect(after.param("candidate.wh").value).toBeCloseTo(r * 2 * dq, 12);
    expect(after.param("candidate.recurrentBias").value).toBeCloseTo(r * dq, 12);
    expect(before.param("reset.bias").value).toBeCloseTo(da * 0.5 * 2 * slopeOf(r), 12);
    expect(after.param("reset.bias").value).toBeCloseTo(dq * 1.75 * slopeOf(r), 12);
    expect(before.dx.value).toBe(0);
  });
});

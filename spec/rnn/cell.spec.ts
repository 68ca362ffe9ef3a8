import { describe, expect, it } from "vitest";
import { cellOf, checkCellSize, checkFields, checkState, checkStep, roundedSteps } from "../../src/rnn/cell.ts";
import type { Step, Steps } from "../../src/rnn/cell.ts";
import { tensor, zeros } from "../../src/tensor/index.ts";
import type { Tensor } from "../../src/tensor/index.ts";
import { combine, isWide, map, widen } from "../../src/tensor/tensor.ts";
import { thrown } from "../support/thrown.ts";

type Params = { readonly w: Tensor };
type State = { readonly h: Tensor; readonly c: Tensor };

/** h' = (h + w·x) / 3, c' = c / 7, and the gradients of that. */
const third = ({ w }: Params, { h, c }: State, x: Tensor): Step<Params, State> => ({
  next: { h: combine(h, combine(w, x, (a, b) => a * b), (a, b) => (a + b) / 3), c: map(c, (each) => each / 7) },
  pullback: (d) => ({
    params: { w: combine(d.h, x, (a, b) => (a * b) / 3) }, state: { h: map(d.h, (a) => a / 3), c: map(d.c, (a) => a / 7) },
    input: combine(d.h, w, (a, b) => (a * b) / 3),
  }),
});

/** Steps without a check. */
const stepsOf = (params: Params, step: typeof third = third): Steps<Params, State> => roundedSteps("step", params, () => {}, step);

const one = tensor([[1]]);
const params = { w: tensor([[5]]) };
const state = { h: tensor([[2]]), c: tensor([[3]]) };

describe("a step of a cell", () => {
  it("is computed in double and rounded once, its gradients too", () => {
    const { next, pullback } = stepsOf(params)(state, one);
    expect(next).toEqual({ h: tensor([[7 / 3]]), c: tensor([[3 / 7]]) });
    expect(pullback({ h: one, c: one }))
      .toEqual({ params: { w: tensor([[1 / 3]]) }, state: { h: tensor([[1 / 3]]), c: tensor([[1 / 7]]) }, input: tensor([[5 / 3]]) });
    // Inside, everything is wide.
    const seen: boolean[] = [];
    stepsOf(params, (w, s, x) => {
      seen.push(...[w.w, s.h, s.c, x].map(isWide));
      const { next: after, pullback: back } = third(w, s, x);
      return { next: after, pullback: (d) => { seen.push(isWide(d.h), isWide(d.c)); return back(d); } };
    })(state, one).pullback(state);
    expect(seen).toEqual([true, true, true, true, true, true]);
  });

  it("is not rounded at all where one argument is wide", () => {
    const steps = stepsOf(params);
    const narrow = (before: State, x: Tensor): number => steps(before, x).next.h.values[0]!;
    expect(narrow(state, one)).toBe(Math.fround(7 / 3));
    expect(stepsOf({ w: widen(params.w) })(state, one).next.h.values).toEqual([7 / 3]);
    expect(narrow({ ...state, c: widen(state.c) }, one)).toBe(7 / 3);
    expect(narrow(state, widen(one))).toBe(7 / 3);
    expect(narrow(state, one)).toBe(Math.fround(7 / 3));
    const { pullback } = stepsOf(params)(state, one);
    expect(pullback({ h: one, c: one }).input.values).toEqual([Math.fround(5 / 3)]);
    expect(pullback({ h: one, c: widen(one) }).input.values).toEqual([5 / 3]);
  });

  it("refuses a gradient of another form than its state", () => {
    const { pullback } = stepsOf(params)(state, one);
    expect(thrown(() => pullback({ h: one, c: zeros([1, 2]) }))).toBe("RangeError: step: expected dState.c of shape [1, 1], got [1, 2]");
    expect(thrown(() => pullback({ h: one } as State))).toBe("RangeError: step: expected dState { h, c }, got an object with h");
  });

  it("makes its parameters doubles once for all steps, and checks each step before it is taken", () => {
    const weights: Params[] = [];
    const checked: (readonly [State, Tensor])[] = [];
    const check = (s: State, x: Tensor): void => {
      expect(weights).toHaveLength(checked.length);
      checked.push([s, x]);
    };
    const steps = roundedSteps<Params, State>("step", params, check, (w, s, x) => (weights.push(w), third(w, s, x)));
    const second = { h: one, c: one };
    steps(state, one);
    steps(second, tensor([[2]]));
    expect(checked).toEqual([[state, one], [second, tensor([[2]])]]);
    expect(weights[0]).toBe(weights[1]);
    const refused = roundedSteps("step", { w: 5 } as unknown as Params, () => { throw new RangeError("step: refused"); }, third);
    expect(thrown(() => refused(state, one))).toBe("RangeError: step: refused");
  });

  it("has its new hidden state as its output under scan: what arrives at either arrives at both", () => {
    const cell = cellOf((given: Params) => stepsOf(given));
    expect(cell.prepare(params)([state, one])[0]).toEqual(cell.apply(params, [state, one])[0]);
    const [[next, output], pullback] = cell.apply(params, [state, one]);
    expect(output).toBe(next.h);
    const [dParams, [dState, dInput]] = pullback([{ h: tensor([[6]]), c: tensor([[14]]) }, tensor([[30]])]);
    expect([dParams, dState, dInput]).toEqual([{ w: tensor([[12]]) }, { h: tensor([[12]]), c: tensor([[2]]) }, tensor([[60]])]);
  });
});

describe("the checks of a cell", () => {
  it("tell the sizes of a step", () => {
    expect(checkStep("f", zeros([2, 3]), { h: zeros([2, 5]) }, ["h"])).toEqual({ inputs: 3, units: 5 });
    expect(checkStep("f", zeros([0, 1]), { c: zeros([0, 1]), h: zeros([0, 1]) }, ["h", "c"])).toEqual({ inputs: 1, units: 1 });
  });

  it("refuse a step whose parts do not fit", () => {
    const step = (input: unknown, before: unknown): string => thrown(() => checkStep("f", input as Tensor, before, ["h", "c"]));
    expect(step(undefined, {})).toBe("TypeError: f: expected input as a Tensor, got undefined");
    for (const shape of [[], [3], [2, 0], [2, 3, 4]]) {
      expect(step(zeros(shape), {})).toBe(`RangeError: f: expected input [N, F] with F of at least 1, got [${shape.join(", ")}]`);
    }
    expect(step(zeros([2, 3]), [])).toBe("TypeError: f: expected state { h, c }, got []");
    expect(step(zeros([2, 3]), {})).toBe("RangeError: f: expected state { h, c }, got an object with no fields");
    expect(step(zeros([2, 3]), { h: 1, c: 1 })).toBe("TypeError: f: expected state.h as a Tensor, got 1");
    for (const shape of [[], [2], [2, 0], [3, 5], [2, 5, 1]]) {
      expect(step(zeros([2, 3]), { h: zeros(shape), c: zeros([2, 5]) }))
        .toBe(`RangeError: f: expected state.h [2, H] with H of at least 1, as the input is [2, 3], got [${shape.join(", ")}]`);
    }
    expect(step(zeros([2, 3]), { h: zeros([2, 5]), c: zeros([5, 2]) })).toBe("RangeError: f: expected state.c of shape [2, 5], got [5, 2]");
  });

  it("refuse a state with other tensors, or of another shape", () => {
    const check = (value: unknown): string => thrown(() => checkState("f", "dState", value, ["h", "c"], [2, 5]));
    expect(check({ c: zeros([2, 5]), h: zeros([2, 5]) })).toBe("nothing was thrown");
    expect(check(null)).toBe("TypeError: f: expected dState { h, c }, got null");
    expect(check({ h: zeros([2, 5]), g: zeros([2, 5]) })).toBe("RangeError: f: expected dState { h, c }, got an object with h, g");
    expect(check({ h: zeros([2, 5]), c: zeros([2, 5]), g: zeros([2, 5]) })).toBe("RangeError: f: expected dState { h, c }, got an object with h, c, g");
    expect(check({ h: zeros([5]), c: zeros([2, 5]) })).toBe("RangeError: f: expected dState.h of shape [2, 5], got [5]");
  });

  it("let an optional field be absent, and no other", () => {
    const check = (value: unknown): string => thrown(() => checkFields("f", "gate", value, ["wx", "bias?"]));
    expect([check({ wx: 1 }), check({ wx: 1, bias: 1 })]).toEqual(["nothing was thrown", "nothing was thrown"]);
    expect(check({ bias: 1 })).toBe("RangeError: f: expected gate { wx, bias? }, got an object with bias");
    expect(check({ wx: 1, "bias?": 1 })).toBe("RangeError: f: expected gate { wx, bias? }, got an object with wx, bias?");
    expect(check(new Map())).toBe("TypeError: f: expected gate { wx, bias? }, got a Map");
  });

  it("refuse a cell without inputs or units", () => {
    expect(thrown(() => checkCellSize("F", { inputs: 1, units: 1 }))).toBe("nothing was thrown");
    expect(thrown(() => checkCellSize("F", { inputs: 0, units: 1 }))).toBe("RangeError: F: expected inputs and units of at least 1, got 0 and 1");
    expect(thrown(() => checkCellSize("F", { inputs: 1, units: 0 }))).toBe("RangeError: F: expected inputs and units of at least 1, got 1 and 0");
    expect(thrown(() => checkCellSize("F", { inputs: 1 } as never))).toBe("RangeError: F: expected inputs and units of at least 1, got 1 and undefined");
  });
});

import { describe, expect, it } from "vitest";
import type { Case } from "../../../src/oracle/case.ts";
import { reference } from "../../../src/oracle/case.ts";
import { crossEntropyEntry } from "../../../src/oracle/catalog/loss.ts";
import { compare } from "../../../src/oracle/compare.ts";
import { raw, tensor } from "../../../src/tensor/tensor.ts";
import { runs } from "../../support/runs.ts";
import { drawn } from "../support.ts";
import { shares } from "./shares.ts";

const f = Math.fround;
const sum = (values: readonly number[]): number => values.reduce((total, value) => f(total + value), 0);
/** The library function, rounded, and one unit in the last place off, as mathematical libraries are. */
const exp = (x: number): number => f(f(Math.exp(x)) * (1 + 2 ** -23));
const log = (x: number): number => f(f(Math.log(x)) * (1 - 2 ** -23));

/** How honest float32 code groups log softmax and softmax. */
const groupings: Readonly<Record<string, (x: readonly number[]) => { readonly logs: readonly number[]; readonly p: readonly number[] }>> = {
  "shifted by the maximum, p as a quotient": (x) => {
    const max = Math.max(...x);
    const e = x.map((value) => exp(f(value - max)));
    return { logs: x.map((value) => f(f(value - max) - log(sum(e)))), p: e.map((value) => f(value / sum(e))) };
  },
  "log-sum-exp first, p as exp(log p)": (x) => {
    const max = Math.max(...x);
    const whole = f(max + log(sum(x.map((value) => exp(f(value - max))))));
    const logs = x.map((value) => f(value - whole));
    return { logs, p: logs.map(exp) };
  },
  "exponentials summed backwards, p by a reciprocal": (x) => {
    const max = Math.max(...x);
    const e = x.map((value) => exp(f(value - max)));
    const total = sum(e.toReversed());
    return { logs: x.map((value) => f(value - f(max + log(total)))), p: e.map((value) => f(value * f(1 / total))) };
  },
};

/** Cross entropy and its gradient as float32 code computes them. */
function honest({ inputs, options, cotangents }: Case, group: (typeof groupings)[string]): { readonly output: number[]; readonly input: number[] } {
  const { input, target, weight } = inputs;
  const [samples, classes, ...space] = input!.shape as [number, number, ...number[]];
  const places = space.reduce((product, size) => product * size, 1);
  const [x, t, dy] = [raw(input!), raw(target!), raw(cotangents!["output"]!)];
  const smoothing = f(options["labelSmoothing"] as number);
  const reduction = options["reduction"] as string;
  const soft = target!.shape.length === input!.shape.length;
  const losses: number[] = [];
  const divisors: number[] = [];
  const gradients = new Array<number>(x.length).fill(0);
  const rows: { readonly place: (c: number) => number; readonly shares: readonly number[]; readonly p: readonly number[]; readonly row: number }[] = [];
  for (let row = 0; row < samples * places; row++) {
    const place = (c: number): number => (Math.floor(row / places) * classes + c) * places + (row % places);
    const weightOf = (c: number): number => (weight === undefined ? 1 : raw(weight)[c]!);
    if (!soft && t[row] === options["ignoreIndex"]) {
      losses.push(0);
      continue;
    }
    const all = Array.from({ length: classes }, (_, c) => c);
    const { logs, p } = group(all.map((c) => x[place(c)]!));
    const shares = all.map((c) => {
      const wanted = f(f(f(1 - smoothing) * (soft ? t[place(c)]! : Number(t[row] === c))) + f(smoothing / classes));
      return f(wanted * weightOf(c));
    });
    losses.push(sum(shares.map((share, c) => f(share * -logs[c]!))));
    divisors.push(soft ? 1 : weightOf(t[row]!));
    rows.push({ place, shares, p, row });
  }
  const divisor = reduction === "mean" ? sum(divisors) : 1;
  for (const { place, shares, p, row } of rows) {
    const scale = f(dy[reduction === "none" ? row : 0]! / divisor);
    shares.forEach((share, c) => {
      gradients[place(c)] = f(scale * f(f(p[c]! * sum(shares)) - share));
    });
  }
  return { output: reduction === "none" ? losses : [f(sum(losses) / divisor)], input: gradients };
}

describe("the radius of cross entropy", () => {
  it.each(Object.entries(groupings))("holds for honest float32 code: %s", (name, group) => {
    let [worst, compared] = [{ output: 0, input: 0 }, 0];
    for (const one of drawn("crossEntropy", "rounding", runs(150), 31)) {
      const { expected, radius } = reference("crossEntropy", one.inputs, one.options, one.cotangents);
      const got = honest(one, group);
      if (expected.outputs["output"]!.values.some(Number.isNaN)) continue; // a mean over nothing
      const [output, input] = [
        compare({ shape: expected.outputs["output"]!.shape, data: got.output }, expected.outputs["output"]!, radius.outputs["output"]),
        compare({ shape: expected.gradients["input"]!.shape, data: got.input }, expected.gradients["input"]!, radius.gradients["input"]),
      ];
      worst = { output: Math.max(worst.output, output.ratio), input: Math.max(worst.input, input.ratio) };
      compared++;
    }
    console.info(`${name}: worst error as a share of the radius, loss ${worst.output.toFixed(3)}, gradient ${worst.input.toFixed(3)}`);
    expect(compared).toBeGreaterThan(runs(100));
    expect(Math.max(worst.output, worst.input)).toBeLessThanOrEqual(1);
    expect(Math.min(worst.output, worst.input), "so wide that it means nothing").toBeGreaterThan(0.02);
  });

  it("is left by code that forgets the maximum's digits: 1 in 10⁴ off is far outside", () => {
    for (const one of drawn("crossEntropy", "rounding", 60, 37)) {
      const { expected, radius } = reference("crossEntropy", one.inputs, one.options, one.cotangents);
      const values = expected.outputs["output"]!.values;
      if (values.some((value) => !(value > 1e-2))) continue;
      expect(compare({ shape: expected.outputs["output"]!.shape, data: values.map((value) => value * 1.0001) }, expected.outputs["output"]!, radius.outputs["output"]).ratio).toBeGreaterThan(1);
    }
  });

  it("is finite and at least 0 where logits are masked by −Infinity, or weights and shares negative", () => {
    const finite = (inputs: Parameters<typeof reference>[1], options: object): readonly number[] => {
      const { expected, radius } = reference("crossEntropy", inputs, options as never, { output: tensor(1) });
      expect(expected.outputs["output"]!.values.every(Number.isFinite)).toBe(true);
      return [...radius.outputs["output"]!.values, ...radius.gradients["input"]!.values].filter((value) => !(value >= 0 && Number.isFinite(value)));
    };
    expect(finite({ input: tensor([[1, -Infinity, 2]]), target: tensor([0]) }, {})).toEqual([]);
    expect(finite({ input: tensor([[1, 3, 2]]), target: tensor([[-0.5, 1, 0.5]]) }, {})).toEqual([]);
    expect(finite({ input: tensor([[1, 3, 2]]), target: tensor([0]), weight: tensor([-2, 1, 1]) }, {})).toEqual([]);
  });
});

describe("cross entropy in the catalog", () => {
  it("leaves an absent ignoreIndex absent", () => {
    const inputs = { input: tensor([[1, 2]]), target: tensor([0]) };
    expect(crossEntropyEntry.complete(inputs, {})).toEqual({ reduction: "mean", labelSmoothing: 0 });
    expect(crossEntropyEntry.complete(inputs, { ignoreIndex: -100, reduction: "sum" })).toEqual({ reduction: "sum", labelSmoothing: 0, ignoreIndex: -100 });
  });

  it("draws probabilities that sum to 1 over axis 1", () => {
    for (const { inputs } of drawn("crossEntropy", "rounding", 60).filter((one) => one.inputs["target"]!.shape.length === one.inputs["input"]!.shape.length)) {
      const [samples, classes, ...space] = inputs["target"]!.shape as [number, number, ...number[]];
      const places = space.reduce((product, size) => product * size, 1);
      for (let n = 0; n < samples; n++) for (let place = 0; place < places; place++) {
        const total = Array.from({ length: classes }, (_, c) => inputs["target"]!.values[(n * classes + c) * places + place]!).reduce((a, b) => a + b);
        expect(Math.abs(total - 1)).toBeLessThan(classes * 2 ** -24);
      }
    }
  });

  it("draws every kind of target, reduction and option, and large logits", () => {
    const found = shares(drawn("crossEntropy", "rounding", 300), {
      probabilities: ({ inputs }) => inputs["target"]!.shape.length === inputs["input"]!.shape.length,
      "ignored rows": ({ inputs, options }) => options["ignoreIndex"] !== undefined && inputs["target"]!.values.includes(options["ignoreIndex"] as number),
      weights: ({ inputs }) => inputs["weight"] !== undefined,
      mean: ({ options }) => options["reduction"] === "mean",
      sum: ({ options }) => options["reduction"] === "sum",
      none: ({ options }) => options["reduction"] === "none",
      smoothing: ({ options }) => options["labelSmoothing"] !== 0,
      "logits beyond 100, where exp overflows": ({ inputs }) => inputs["input"]!.values.some((value) => value > 100),
      "axes behind the classes": ({ inputs }) => inputs["input"]!.shape.length > 2,
    });
    expect(Object.entries(found).filter(([, share]) => share < 0.1), JSON.stringify(found)).toEqual([]);
  });
});

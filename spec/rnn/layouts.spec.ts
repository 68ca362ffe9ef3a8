import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Gru, Lstm, SimpleRnn, fromKeras, fromOnnx, fromPyTorch, fromTensorFlow1, toKeras, toOnnx, toPyTorch, toTensorFlow1 } from "../../src/rnn/index.ts";
import type { CellName, CellParams, GateParams, LstmParams, PyTorchNames } from "../../src/rnn/index.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import { isWide, map, tensor, widen, zeros } from "../../src/tensor/tensor.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { leavesOf, mapTree } from "../../src/tensor/tree.ts";
import { expectShares } from "../support/cells.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

/** One feature, one unit, and numbers that tell the gates apart. */
const gate = (w: number): { readonly wx: Tensor; readonly wh: Tensor; readonly bias: Tensor } =>
  ({ wx: tensor([[w]]), wh: tensor([[10 * w]]), bias: tensor([100 * w]) });

const lstm = { input: gate(1), forget: gate(2), candidate: gate(3), output: gate(4) };
const gru = { reset: gate(5), update: gate(6), candidate: gate(7) };
const after = { ...gru, candidate: { ...gru.candidate, recurrentBias: tensor([8]) } };
const seeing = {
  ...lstm, input: { ...lstm.input, peephole: tensor([0.1]) }, forget: { ...lstm.forget, peephole: tensor([0.2]) },
  output: { ...lstm.output, peephole: tensor([0.4]) },
};

const columns = (...values: number[]): Tensor => tensor([values]);
const rows = (...values: number[]): Tensor => tensor(values.map((value) => [value]));

/** Two features and three units of one cell, transposed and not. */
const wide = { wx: tensor([[1, 2, 3], [4, 5, 6]]), wh: tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), bias: tensor([1, 2, 3]) };
const turned = { wx: tensor([[1, 4], [2, 5], [3, 6]]), wh: tensor([[1, 4, 7], [2, 5, 8], [3, 6, 9]]) };

describe("PyTorch", () => {
  it("has the gates of an LSTM as rows i, f, g, o, and those of a GRU as r, z, n", () => {
    expect(toPyTorch("lstm", lstm)).toEqual({
      weight_ih_l0: rows(1, 2, 3, 4), weight_hh_l0: rows(10, 20, 30, 40), bias_ih_l0: tensor([100, 200, 300, 400]), bias_hh_l0: zeros([4]),
    });
    expect(toPyTorch("gru", after)).toEqual({
      weight_ih_l0: rows(5, 6, 7), weight_hh_l0: rows(50, 60, 70), bias_ih_l0: tensor([500, 600, 700]), bias_hh_l0: tensor([0, 0, 8]),
    });
    expect(toPyTorch("simpleRnn", wide)).toEqual({ weight_ih_l0: turned.wx, weight_hh_l0: turned.wh, bias_ih_l0: wide.bias, bias_hh_l0: zeros([3]) });
  });

  it("has two biases, which are added, but for the second of a GRU's candidate", () => {
    const [first, second] = [tensor([1, 2, 3]), tensor([10, 20, 30])];
    const state = { weight_ih_l0: rows(5, 6, 7), weight_hh_l0: rows(50, 60, 70), bias_ih_l0: first, bias_hh_l0: second };
    const { reset, update, candidate } = fromPyTorch("gru", state);
    expect([reset.bias, update.bias, candidate.bias, candidate.recurrentBias]).toEqual([tensor([11]), tensor([22]), tensor([3]), tensor([30])]);
    const four = { weight_ih_l0: rows(1, 2, 3, 4), weight_hh_l0: rows(10, 20, 30, 40), bias_ih_l0: tensor([1, 2, 3, 4]), bias_hh_l0: tensor([10, 20, 30, 40]) };
    expect(Object.entries(fromPyTorch("lstm", four)).map(([name, { bias }]) => [name, bias?.values]))
      .toEqual([["input", [11]], ["forget", [22]], ["candidate", [33]], ["output", [44]]]);
  });

  it("rounds the sum of two biases once", () => {
    const [first, second] = [0.1, 0.2].map(Math.fround) as [number, number];
    const state = { weight_ih_l0: rows(1), weight_hh_l0: rows(1), bias_ih_l0: tensor([first]), bias_hh_l0: tensor([second]) };
    expect(fromPyTorch("simpleRnn", state).bias?.values).toEqual([Math.fround(first + second)]);
    const { bias } = fromPyTorch("simpleRnn", mapTree(state, widen));
    expect([bias?.values, isWide(bias!)]).toEqual([[first + second], true]);
  });

  it("names layers and directions by what stands behind, a cell by nothing, and a module by what stands before", () => {
    const names: readonly PyTorchNames[] = [{}, { suffix: "_l1_reverse" }, { suffix: "" }, { prefix: "encoder.rnn." }];
    const states = names.map((each, i) => toPyTorch("simpleRnn", { wx: tensor([[i]]), wh: tensor([[i]]) }, each));
    expect(states.map((state) => Object.keys(state)[0])).toEqual(["weight_ih_l0", "weight_ih_l1_reverse", "weight_ih", "encoder.rnn.weight_ih_l0"]);
    const all = Object.assign({}, ...states, { epoch: 7 }) as Record<string, Tensor>;
    expect(names.map((each) => fromPyTorch("simpleRnn", all, each).wx.values)).toEqual([[0], [1], [2], [3]]);
  });
});

describe("ONNX", () => {
  it("has the gates of an LSTM as rows i, o, f, c with peepholes i, o, f, and those of a GRU as z, r, h", () => {
    expect(toOnnx("lstm", [seeing])).toEqual({
      W: tensor([[[1], [4], [2], [3]]]), R: tensor([[[10], [40], [20], [30]]]), B: tensor([[100, 400, 200, 300, 0, 0, 0, 0]]), P: tensor([[0.1, 0.4, 0.2]]),
    });
    expect(toOnnx("gru", [after])).toEqual({ W: tensor([[[6], [5], [7]]]), R: tensor([[[60], [50], [70]]]), B: tensor([[600, 500, 700, 0, 0, 8]]) });
    expect(toOnnx("simpleRnn", [wide])).toEqual({
      W: tensor([[[1, 4], [2, 5], [3, 6]]]), R: tensor([[[1, 4, 7], [2, 5, 8], [3, 6, 9]]]), B: tensor([[1, 2, 3, 0, 0, 0]]),
    });
  });

  it("has all biases of W before those of R, and adds them unless the reset comes after the product", () => {
    const weights = { W: tensor([[[6], [5], [7]]]), R: tensor([[[60], [50], [70]]]), B: tensor([[1, 2, 3, 10, 20, 30]]) };
    const biases = (resetAfter: boolean): unknown => {
      const [{ reset, update, candidate }] = fromOnnx("gru", weights, { resetAfter });
      return [reset.bias, update.bias, candidate.bias, candidate.recurrentBias].map((bias) => bias?.values);
    };
    expect(biases(false)).toEqual([[22], [11], [33], undefined]);
    expect(biases(true)).toEqual([[22], [11], [3], [30]]);
    expect(fromOnnx("gru", weights)).toEqual(fromOnnx("gru", weights, { resetAfter: false }));
  });

  it("has both directions in one tensor, forward first", () => {
    const double = mapTree(lstm, (leaf) => map(leaf, (value) => 2 * value));
    const weights = toOnnx("lstm", [lstm, double]);
    expect([weights.W.shape, weights.R.shape, weights.B?.shape]).toEqual([[2, 4, 1], [2, 4, 1], [2, 8]]);
    expect(fromOnnx("lstm", weights)).toEqual([lstm, double]);
    // What one direction has, the other gets as zeros.
    const bare = mapTree(lstm, (leaf) => leaf) as LstmParams;
    const { P, B } = toOnnx("lstm", [{ ...bare, input: { wx: bare.input.wx, wh: bare.input.wh } }, seeing]);
    expect([P, B]).toEqual([tensor([[0, 0, 0], [0.1, 0.4, 0.2]]), tensor([[0, 400, 200, 300, 0, 0, 0, 0], [100, 400, 200, 300, 0, 0, 0, 0]])]);
  });

  it("has a forget gate of zeros in a coupled cell", () => {
    const { forget: _, ...coupled } = lstm;
    const weights = toOnnx("lstm", [coupled]);
    expect(weights.W).toEqual(tensor([[[1], [4], [0], [3]]]));
    expect(fromOnnx("lstm", weights, { coupled: true })).toEqual([coupled]);
    expect(fromOnnx("lstm", weights)[0].forget).toEqual({ wx: zeros([1, 1]), wh: zeros([1, 1]), bias: zeros([1]) });
  });
});

describe("Keras", () => {
  it("has the gates of an LSTM as columns i, f, c, o, and those of a GRU as z, r, h", () => {
    expect(toKeras("lstm", lstm)).toEqual({ kernel: columns(1, 2, 3, 4), recurrent_kernel: columns(10, 20, 30, 40), bias: tensor([100, 200, 300, 400]) });
    expect(toKeras("gru", gru)).toEqual({ kernel: columns(6, 5, 7), recurrent_kernel: columns(60, 50, 70), bias: tensor([600, 500, 700]) });
    expect(toKeras("simpleRnn", wide)).toEqual({ kernel: wide.wx, recurrent_kernel: wide.wh, bias: wide.bias });
  });

  it("has two rows of biases where a GRU resets after the product", () => {
    expect(toKeras("gru", after, { resetAfter: true }).bias).toEqual(tensor([[600, 500, 700], [0, 0, 8]]));
    const { reset, update, candidate } = fromKeras("gru", { ...toKeras("gru", gru), bias: tensor([[1, 2, 3], [10, 20, 30]]) });
    expect([reset.bias, update.bias, candidate.bias, candidate.recurrentBias]).toEqual([tensor([22]), tensor([11]), tensor([3]), tensor([30])]);
  });
});

describe("TensorFlow 1", () => {
  it("has the gates of an LSTM as columns i, j, f, o, the input's rows above the state's", () => {
    expect(toTensorFlow1("lstm", seeing, { forgetBias: 0 })).toEqual({
      kernel: tensor([[1, 3, 2, 4], [10, 30, 20, 40]]), bias: tensor([100, 300, 200, 400]),
      w_i_diag: tensor([0.1]), w_f_diag: tensor([0.2]), w_o_diag: tensor([0.4]),
    });
    expect(toTensorFlow1("simpleRnn", wide)).toEqual({ kernel: tensor([[1, 2, 3], [4, 5, 6], [1, 2, 3], [4, 5, 6], [7, 8, 9]]), bias: wide.bias });
    expect(toTensorFlow1("simpleRnn", { wx: wide.wx, wh: wide.wh })["bias"]).toEqual(zeros([3]));
  });

  it("has the gates of a GRU as columns r, u, and its candidate apart", () => {
    expect(toTensorFlow1("gru", gru)).toEqual({
      "gates/kernel": tensor([[5, 6], [50, 60]]), "gates/bias": tensor([500, 600]), "candidate/kernel": tensor([[7], [70]]), "candidate/bias": tensor([700]),
    });
  });

  it("adds a bias to the forget gate at every step, 1 unless told otherwise", () => {
    expect(toTensorFlow1("lstm", lstm)["bias"]).toEqual(tensor([100, 300, 199, 400]));
    expect(toTensorFlow1("lstm", lstm, { forgetBias: -2 })["bias"]).toEqual(tensor([100, 300, 202, 400]));
    const stored = toTensorFlow1("lstm", lstm, { forgetBias: 0 });
    expect(fromTensorFlow1("lstm", stored).forget?.bias).toEqual(tensor([201]));
    expect(fromTensorFlow1("lstm", stored, { forgetBias: 3 }).forget?.bias).toEqual(tensor([203]));
    // Rounded once: 2⁻²⁵ beside 1 is lost.
    const tiny = { ...lstm, forget: { ...lstm.forget, bias: tensor([2 ** -25]) } };
    expect(fromTensorFlow1("lstm", toTensorFlow1("lstm", tiny, { forgetBias: 0 })).forget?.bias).toEqual(tensor([1]));
  });

  it("has peepholes for all three gates or none", () => {
    const one = toTensorFlow1("lstm", { ...lstm, forget: { ...lstm.forget, peephole: tensor([9]) } });
    expect([one["w_i_diag"], one["w_f_diag"], one["w_o_diag"]]).toEqual([zeros([1]), tensor([9]), zeros([1])]);
    expect(Object.keys(toTensorFlow1("lstm", lstm))).toEqual(["kernel", "bias"]);
    expect(fromTensorFlow1("lstm", toTensorFlow1("lstm", seeing, { forgetBias: 0 }), { forgetBias: 0 })).toEqual(seeing);
  });
});

interface Drawn {
  readonly cell: CellName;
  readonly inputs: number;
  readonly units: number;
  readonly seed: number;
  readonly isDouble: boolean;
  readonly bias: boolean;
  readonly extra: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  cell: fc.constantFrom("simpleRnn", "lstm", "gru"), inputs: fc.integer({ min: 1, max: 4 }), units: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 0, max: 2 ** 30 }), isDouble: fc.boolean(),
  bias: fc.constantFrom(true, true, true, false), extra: fc.constantFrom(true, true, true, false),
});

/** Weights of a cell, with peepholes or a recurrent bias where `extra`. */
function paramsOf({ cell, inputs, units, seed, isDouble, bias, extra }: Drawn, stream = 0): CellParams["gru"] {
  const size = { inputs, units };
  const made = { simpleRnn: () => SimpleRnn(size), lstm: () => Lstm(size), gru: () => Gru(size) }[cell]();
  const fresh = made.init(key(seed)) as unknown as Record<string, GateParams>;
  let leaf = 100 * stream;
  const draw = (...shape: number[]): Tensor => {
    const values = uniform(foldIn(key(seed), leaf++), shape, -2, 2);
    return isDouble ? map(widen(values), (value) => value + 2 ** -40) : values;
  };
  const weights = (name: string): object => ({
    wx: draw(inputs, units), wh: draw(units, units), ...(bias && { bias: draw(units) }),
    ...(extra && cell === "lstm" && name !== "candidate" && { peephole: draw(units) }),
    ...(extra && bias && cell === "gru" && name === "candidate" && { recurrentBias: draw(units) }),
  });
  return (cell === "simpleRnn" ? weights("") : Object.fromEntries(Object.keys(fresh).map((name) => [name, weights(name)]))) as CellParams["gru"];
}

/** The parameters without what a framework has no place for. */
const strip = (params: unknown, extra: string): CellParams["gru"] =>
  Object.fromEntries(Object.entries(params as object).filter(([name]) => name !== extra).map(([name, value]: [string, unknown]) =>
    [name, Object.getPrototypeOf(value) === Object.prototype ? strip(value, extra) : value])) as unknown as CellParams["gru"];

describe("there and back", () => {
  it("every number is where it was, bit for bit", () => {
    fc.assert(fc.property(drawn, (one) => {
      // The types of one cell do for all.
      const cell = one.cell as "gru";
      const [params, second] = [paramsOf(one), paramsOf(one, 1)];
      const [plain, single] = [strip(params, "peephole"), strip(params, "recurrentBias")];
      const resetAfter = one.cell === "gru" && one.bias && one.extra;
      const same = (there: unknown, expected: unknown): void => expect(leavesOf(there)).toEqual(leavesOf(expected));
      // PyTorch always has a recurrent bias where it has a bias.
      const recurrent = one.cell === "gru" && one.bias && !one.extra ? { candidate: { recurrentBias: zeros([one.units]) } } : {};
      expect(fromPyTorch(cell, toPyTorch(cell, plain))).toMatchObject({ ...recurrent });
      same(strip(fromPyTorch(cell, toPyTorch(cell, plain)), "recurrentBias"), strip(plain, "recurrentBias"));
      if (resetAfter) same(fromPyTorch(cell, toPyTorch(cell, plain)), plain);
      const attributes = one.cell === "gru" ? { resetAfter } : {};
      same(fromOnnx(cell, toOnnx(cell, [params]), attributes), [params]);
      same(fromOnnx(cell, toOnnx(cell, [params, second]), attributes), [params, second]);
      same(fromKeras(cell, toKeras(cell, plain, attributes)), plain);
      const options = one.cell === "lstm" ? { forgetBias: 0 } : {};
      if (one.bias) same(fromTensorFlow1(cell, toTensorFlow1(cell, single, options), options), single);
    }), { numRuns: runs(12) });
    expectShares(drawn, ({ cell, inputs, units, bias, extra, isDouble }) => ({
      simpleRnn: cell === "simpleRnn", peepholes: cell === "lstm" && extra, "recurrent bias": cell === "gru" && bias && extra, "more inputs": inputs > units,
      "more units": units > inputs, bare: !bias, double: isDouble,
    }));
  });
});

describe("refused is", () => {
  const state = toPyTorch("lstm", lstm);
  const of = (call: () => unknown): string => thrown(call);

  it("a cell that is none", () => {
    for (const [name, convert] of Object.entries({ fromPyTorch, toPyTorch, fromOnnx, toOnnx, fromKeras, toKeras, fromTensorFlow1, toTensorFlow1 })) {
      expect(of(() => (convert as (cell: string, what: unknown) => unknown)("LSTM", {})))
        .toBe(`RangeError: ${name}: expected a cell "simpleRnn" or "lstm" or "gru", got "LSTM"`);
    }
  });

  it("of PyTorch: what is missing, misnamed or of another shape", () => {
    expect(of(() => fromPyTorch("lstm", state, { suffix: "_l1" }))).toBe("TypeError: fromPyTorch: expected weight_hh_l1 as a Tensor, got undefined");
    expect(of(() => fromPyTorch("lstm", state, { suffix: "l0" as "" })))
      .toBe('RangeError: fromPyTorch: expected suffix such as "_l0", "_l0_reverse" or "", got "l0"');
    expect(of(() => toPyTorch("lstm", lstm, { prefix: 5 as never }))).toBe("TypeError: toPyTorch: expected prefix as a text, got 5");
    expect(of(() => toPyTorch("lstm", lstm, { layer: 5 } as never)))
      .toBe("RangeError: toPyTorch: expected names { prefix?, suffix? }, got an object with layer");
    expect(of(() => fromPyTorch("lstm", 5 as never))).toBe("TypeError: fromPyTorch: expected tensors by name, got 5");
    expect(of(() => fromPyTorch("gru", state))).toBe("RangeError: fromPyTorch: expected weight_hh_l0 [3·H, H] with H of at least 1, got [4, 1]");
    expect(of(() => fromPyTorch("simpleRnn", { weight_hh_l0: zeros([2, 2, 2]) })))
      .toBe("RangeError: fromPyTorch: expected weight_hh_l0 [H, H] with H of at least 1, got [2, 2, 2]");
    expect(of(() => fromPyTorch("simpleRnn", { weight_hh_l0: zeros([0, 0]) })))
      .toBe("RangeError: fromPyTorch: expected weight_hh_l0 [H, H] with H of at least 1, got [0, 0]");
    expect(of(() => fromPyTorch("lstm", { ...state, weight_ih_l0: zeros([3, 1]) })))
      .toBe("RangeError: fromPyTorch: expected weight_ih_l0 [4, F] with F of at least 1, got [3, 1]");
    expect(of(() => fromPyTorch("lstm", { ...state, weight_ih_l0: zeros([4, 0]) })))
      .toBe("RangeError: fromPyTorch: expected weight_ih_l0 [4, F] with F of at least 1, got [4, 0]");
    expect(of(() => fromPyTorch("lstm", { ...state, weight_ih_l0: zeros([4]) })))
      .toBe("RangeError: fromPyTorch: expected weight_ih_l0 [4, F] with F of at least 1, got [4]");
    expect(of(() => fromPyTorch("lstm", { ...state, bias_hh_l0: zeros([1, 4]) })))
      .toBe("RangeError: fromPyTorch: expected bias_hh_l0 of shape [4], got [1, 4]");
    const { bias_hh_l0: _, ...half } = state;
    expect(of(() => fromPyTorch("lstm", half))).toBe("RangeError: fromPyTorch: expected both of bias_ih_l0 and bias_hh_l0 or neither, got only bias_ih_l0");
    expect(of(() => toPyTorch("lstm", seeing)))
      .toBe("RangeError: toPyTorch: expected params.input { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
    const { forget: __, ...coupled } = lstm;
    expect(of(() => toPyTorch("lstm", coupled)))
      .toBe("RangeError: toPyTorch: expected params { input, forget, candidate, output }, got an object with input, candidate, output");
  });

  it("of ONNX: attributes of another operator, directions that differ, and shapes that do not fit", () => {
    const weights = toOnnx("lstm", [seeing]);
    expect(of(() => fromOnnx("lstm", weights, { resetAfter: true }))).toBe("RangeError: fromOnnx: expected only the options coupled, got resetAfter");
    expect(of(() => fromOnnx("gru", toOnnx("gru", [gru]), { coupled: true }))).toBe("RangeError: fromOnnx: expected only the options resetAfter, got coupled");
    expect(of(() => fromOnnx("simpleRnn", { W: zeros([1, 1, 1]), R: zeros([1, 1, 1]), P: zeros([1, 3]) })))
      .toBe("RangeError: fromOnnx: expected weights { W, R, B? }, got an object with W, R, P");
    expect(of(() => fromOnnx("lstm", { ...weights, X: zeros([1]) } as never)))
      .toBe("RangeError: fromOnnx: expected weights { W, R, B?, P? }, got an object with W, R, B, P, X");
    expect(of(() => fromOnnx("lstm", { ...weights, R: zeros([4, 1]) }))).toBe("RangeError: fromOnnx: expected R [D, 4·H, H] with H of at least 1, got [4, 1]");
    expect(of(() => fromOnnx("lstm", { ...weights, R: zeros([3, 4, 1]) }))).toBe("RangeError: fromOnnx: expected R of 1 or 2 directions, got [3, 4, 1]");
    expect(of(() => fromOnnx("lstm", { ...weights, W: zeros([2, 4, 1]) })))
      .toBe("RangeError: fromOnnx: expected W [1, 4, F] with F of at least 1, got [2, 4, 1]");
    expect(of(() => fromOnnx("lstm", { ...weights, B: zeros([1, 4]) }))).toBe("RangeError: fromOnnx: expected B of shape [1, 8], got [1, 4]");
    expect(of(() => fromOnnx("lstm", { ...weights, P: zeros([1, 4]) }))).toBe("RangeError: fromOnnx: expected P of shape [1, 3], got [1, 4]");
    expect(of(() => toOnnx("lstm", lstm as never)))
      .toBe("TypeError: toOnnx: expected params as an array, one entry a direction, got an object with input, forget, candidate, output");
    expect(of(() => toOnnx("lstm", [] as never))).toBe("RangeError: toOnnx: expected params of 1 or 2 directions, got 0");
    expect(of(() => toOnnx("simpleRnn", [gate(1), wide]))).toBe("RangeError: toOnnx: expected both directions with 1 inputs and 1 units, got 2 and 3");
    expect(of(() => toOnnx("simpleRnn", [gate(1), { ...gate(1), wx: zeros([2, 1]) }])))
      .toBe("RangeError: toOnnx: expected both directions with 1 inputs and 1 units, got 2 and 1");
    expect(of(() => toOnnx("gru", [{ ...gru, reset: { ...gru.reset, peephole: tensor([1]) } } as never])))
      .toBe("RangeError: toOnnx: expected params[0].reset { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
    expect(of(() => toOnnx("lstm", [lstm, { ...lstm, output: 5 } as never])))
      .toBe("TypeError: toOnnx: expected params[1].output { wx, wh, bias?, peephole? }, got 5");
  });

  it("of Keras: shapes that do not fit, and a recurrent bias that it has no place for", () => {
    const weights = toKeras("gru", gru);
    expect(of(() => fromKeras("gru", { ...weights, recurrent_kernel: zeros([3, 1]) })))
      .toBe("RangeError: fromKeras: expected recurrent_kernel [H, 3·H] with H of at least 1, got [3, 1]");
    expect(of(() => fromKeras("gru", { ...weights, kernel: zeros([1, 4]) })))
      .toBe("RangeError: fromKeras: expected kernel [F, 3] with F of at least 1, got [1, 4]");
    expect(of(() => fromKeras("gru", { ...weights, bias: zeros([3, 3]) }))).toBe("RangeError: fromKeras: expected bias of shape [2, 3], got [3, 3]");
    expect(of(() => fromKeras("lstm", { ...toKeras("lstm", lstm), bias: zeros([2, 4]) })))
      .toBe("RangeError: fromKeras: expected bias of shape [4], got [2, 4]");
    expect(of(() => fromKeras("gru", [weights.kernel] as never)))
      .toBe("TypeError: fromKeras: expected weights { kernel, recurrent_kernel, bias? }, got [a Tensor]");
    expect(of(() => toKeras("gru", after)))
      .toBe("RangeError: toKeras: expected params.candidate { wx, wh, bias? }, got an object with wx, wh, bias, recurrentBias");
    expect(of(() => toKeras("lstm", lstm, { resetAfter: true }))).toBe("RangeError: toKeras: expected only the options (none), got resetAfter");
    expect(of(() => toKeras("lstm", seeing))).toBe("RangeError: toKeras: expected params.input { wx, wh, bias? }, got an object with wx, wh, bias, peephole");
  });

  it("of TensorFlow 1: names of another cell, shapes that do not fit, and what its cells lack", () => {
    const cell = toTensorFlow1("gru", gru);
    expect(of(() => fromTensorFlow1("lstm", cell)))
      .toBe("RangeError: fromTensorFlow1: expected tensors { kernel, bias, w_i_diag?, w_f_diag?, w_o_diag? }, got an object with gates/kernel, gates/bias, candidate/kernel, candidate/bias");
    const kernel = (what: Tensor): string => of(() => fromTensorFlow1("gru", { ...cell, "gates/kernel": what }));
    expect(kernel(zeros([2, 3]))).toBe("RangeError: fromTensorFlow1: expected gates/kernel [F + H, 2·H] with F and H of at least 1, got [2, 3]");
    expect(kernel(zeros([2, 4]))).toBe("RangeError: fromTensorFlow1: expected gates/kernel [F + H, 2·H] with F and H of at least 1, got [2, 4]");
    expect(kernel(zeros([2, 0]))).toBe("RangeError: fromTensorFlow1: expected gates/kernel [F + H, 2·H] with F and H of at least 1, got [2, 0]");
    expect(kernel(zeros([2]))).toBe("RangeError: fromTensorFlow1: expected gates/kernel [F + H, 2·H] with F and H of at least 1, got [2]");
    expect(of(() => fromTensorFlow1("simpleRnn", { kernel: zeros([2, 2]), bias: zeros([2]) })))
      .toBe("RangeError: fromTensorFlow1: expected kernel [F + H, H] with F and H of at least 1, got [2, 2]");
    expect(of(() => fromTensorFlow1("gru", { ...cell, "candidate/kernel": zeros([3, 1]) })))
      .toBe("RangeError: fromTensorFlow1: expected candidate/kernel of shape [2, 1], got [3, 1]");
    expect(of(() => fromTensorFlow1("gru", { ...cell, "gates/bias": zeros([3]) })))
      .toBe("RangeError: fromTensorFlow1: expected gates/bias of shape [2], got [3]");
    expect(of(() => fromTensorFlow1("lstm", { ...toTensorFlow1("lstm", lstm), w_f_diag: zeros([2]) })))
      .toBe("RangeError: fromTensorFlow1: expected w_f_diag of shape [1], got [2]");
    expect(of(() => fromTensorFlow1("gru", cell, { forgetBias: 1 }))).toBe("RangeError: fromTensorFlow1: expected only the options (none), got forgetBias");
    expect(of(() => toTensorFlow1("lstm", lstm, { forgetBias: NaN }))).toBe("RangeError: toTensorFlow1: expected forgetBias a number, got NaN");
    expect(of(() => toTensorFlow1("gru", after)))
      .toBe("RangeError: toTensorFlow1: expected params.candidate { wx, wh, bias? }, got an object with wx, wh, bias, recurrentBias");
  });
});

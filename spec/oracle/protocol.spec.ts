import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRequest, fromWire, fromWireNumber, fromWireOptions, protocolVersion, readAnswer, toPlain, toWire, toWireNumber, toWireOptions } from "../../src/oracle/protocol.ts";
import { Tensor, isWide, raw, tensor } from "../../src/tensor/tensor.ts";
import { runs } from "../support/runs.ts";
import { thrown } from "../support/thrown.ts";

const anyNumber = fc.oneof(fc.double(), fc.constantFrom(-0, 0, NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308));
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("numbers on the wire", () => {
  it("come back as the same double, -0 and what JSON lacks included", () => {
    fc.assert(fc.property(anyNumber, (value) => Object.is(fromWireNumber(throughJson(toWireNumber(value))), value)), { numRuns: runs(500) });
    expect([NaN, Infinity, -Infinity, -0, 1.5].map(toWireNumber)).toEqual(["NaN", "Infinity", "-Infinity", "-0", 1.5]);
  });

  it("are nothing else", () => {
    expect(["1", "", "nan", "+Infinity", "0", null, true, [], {}, undefined].map(fromWireNumber)).toEqual(Array.from({ length: 10 }, () => undefined));
  });
});

describe("tensors on the wire", () => {
  it("come back as they went", () => {
    fc.assert(fc.property(fc.array(anyNumber, { maxLength: 12 }), (values) => {
      const sent = new Tensor([values.length], values);
      const back = fromWire("x", throughJson(toWire(sent)));
      expect([back.shape, raw(back), isWide(back)]).toEqual([sent.shape, raw(sent), false]);
      expect(Array.from(raw(fromWire("x", { shape: [values.length], values: values.map(toWireNumber) }, true)))).toEqual(values);
    }), { numRuns: runs(200) });
  });

  it("are refused with a sentence where they are none", () => {
    const refusal = (value: unknown): string => thrown(() => fromWire("relu: input", value));
    expect(refusal(null)).toBe('TypeError: relu: input: expected a tensor { "shape", "values" }, got null');
    expect(refusal({ shape: [1] })).toBe('TypeError: relu: input: expected a tensor { "shape", "values" }, got an object with shape');
    expect(refusal({ shape: [1], values: "1" })).toBe('TypeError: relu: input: expected values as an array, got "1"');
    expect(refusal({ shape: 1, values: [1] })).toBe("TypeError: relu: input: expected a shape of whole sizes, got 1");
    expect(refusal({ shape: [1.5], values: [1] })).toBe("TypeError: relu: input: expected a shape of whole sizes, got [1.5]");
    expect(refusal({ shape: ["1"], values: [1] })).toBe('TypeError: relu: input: expected a shape of whole sizes, got ["1"]');
    expect(refusal({ shape: [2, 3], values: [1, 2] })).toBe("RangeError: relu: input: expected 6 values for shape [2, 3], got 2");
    expect(refusal({ shape: [2], values: [1, "2"] })).toBe('TypeError: relu: input: expected values that are numbers, got "2" at position 1');
    expect(refusal({ shape: [1], values: [null] })).toBe("TypeError: relu: input: expected values that are numbers, got null at position 0");
  });
});

describe("options on the wire", () => {
  it("keep words, and turn the named numbers into numbers and back, at any depth", () => {
    const options = { padding: [[0, -0], [1, Infinity]], reduction: "mean", norm: -Infinity, deep: { value: NaN }, flag: false };
    const sent = { padding: [[0, "-0"], [1, "Infinity"]], reduction: "mean", norm: "-Infinity", deep: { value: "NaN" }, flag: false };
    expect(toWireOptions(options)).toEqual(sent);
    expect(fromWireOptions(sent)).toEqual(options);
  });
});

describe("a request", () => {
  it("is the protocol's run command, cotangents only where gradients are asked for", () => {
    const request = { id: "relu/1", operation: "relu", inputs: { input: tensor([1, -0]) }, options: {} };
    expect(encodeRequest(request)).toEqual({ command: "run", id: "relu/1", operation: "relu", inputs: { input: { shape: [2], values: [1, "-0"] } }, options: {} });
    expect(encodeRequest({ ...request, cotangents: { output: tensor([NaN, 1]) } })["cotangents"]).toEqual({ output: { shape: [2], values: ["NaN", 1] } });
    expect(protocolVersion).toBe(1);
  });

  it("reaches module candidates as copies", () => {
    const given = tensor([1, 2]);
    const { shape, data } = toPlain(given);
    data[0] = 9;
    (shape as number[])[0] = 7;
    expect([given.shape, given.values]).toEqual([[2], [1, 2]]);
  });
});

describe("an answer", () => {
  it("is read as doubles, from typed arrays and from JSON alike", () => {
    expect(readAnswer({ shape: [2], data: new Float32Array([0.1, 2]) })).toEqual({ shape: [2], data: new Float64Array([Math.fround(0.1), 2]) });
    expect(readAnswer({ shape: [], values: ["Infinity"] })).toEqual({ shape: [], data: new Float64Array([Infinity]) });
    expect(readAnswer(tensor([[1]]))).toEqual({ shape: [1, 1], data: new Float64Array([1]) });
  });

  it("may be anything at all, and is then a sentence", () => {
    fc.assert(fc.property(fc.anything(), (value) => {
      const read = readAnswer(value);
      expect(typeof read === "string" ? read.startsWith("expected ") : read.data instanceof Float64Array).toBe(true);
    }), { numRuns: runs(300) });
  });
});

it("an answer whose length promises more numbers than there are takes no memory for them", () => {
  expect(readAnswer({ shape: [1e12], values: { length: 1e12, 0: 1 } })).toBe("expected numbers, got undefined at position 1");
  expect(readAnswer({ shape: [2], values: [1, "-0"] })).toEqual({ shape: [2], data: new Float64Array([1, -0]) });
});

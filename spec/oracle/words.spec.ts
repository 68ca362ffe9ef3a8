import { describe, expect, it } from "vitest";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { checkOnly, howMany, nearestNames, operationMeant } from "../../src/oracle/words.ts";

const names = catalog.map(({ name }) => name);

describe("the words of reports and errors", () => {
  it("count one as one", () => {
    expect([howMany(0, "case"), howMany(1, "case"), howMany(2, "case"), howMany(1, "proves", "prove"), howMany(3, "proves", "prove")])
      .toEqual(["0 cases", "1 case", "2 cases", "1 proves", "3 prove"]);
  });

  it.each<[string, readonly string[]]>([
    ["maxPoling", ["maxPooling", "adaptiveMaxPooling"]],
    ["maxpool", ["maxPooling", "adaptiveMaxPooling"]],
    ["max_pool2d", ["maxPooling", "adaptiveMaxPooling"]],
    ["conv2d", ["convolution", "transposedConvolution"]],
    ["convolve", ["convolution", "transposedConvolution"]],
    ["sofmax", ["softmax", "logSoftmax"]],
    ["GRU", ["gru"]],
    ["lsmt", ["lstm"]],
    ["rely", ["relu", "leakyRelu"]],
    ["pooling", ["lpPooling", "maxPooling", "minPooling", "averagePooling", "adaptiveMaxPooling"]],
    ["attention", []],
    ["layernorm", []],
    ["re", []],
    ["", []],
    ["2d", []],
    [`relu${" ".repeat(1e6)}`, []],
  ])("name what was meant by %s", (typed, meant) => {
    expect(nearestNames(typed, names)).toEqual(meant);
  });

  it("name the nearest only, and all where none is near", () => {
    expect(nearestNames("abcd", ["abxd", "xabcdx", "abcdxxx"])).toEqual(["xabcdx", "abcdxxx"]);
    expect(operationMeant("bias", ["bias2", "gain"])).toBe("an operation of the catalog (did you mean bias2?)");
    expect(operationMeant("momentum", ["bias", "gain"])).toBe("an operation of the catalog (bias, gain)");
  });

  it("refuse what is none of the names that are known", () => {
    expect(() => checkOnly("f", "the options ", ["a", "b"], { a: 1, constructor: 2 })).toThrow(new RangeError("f: expected only the options a, b, got constructor"));
    expect(() => checkOnly("f", "", [], { a: 1 })).toThrow(new RangeError("f: expected only (none), got a"));
    checkOnly("f", "", ["a"], { a: undefined });
  });
});

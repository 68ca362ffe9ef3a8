import { describe, expect, it, test } from "vitest";
import { blocksOf, deadLinks, pages, read, runBlock, sources, typeErrors, uncheckedFences } from "./support/documents.ts";
import { atLength } from "./support/runs.ts";

const files = [...pages, ...sources];
const blocks = files.flatMap((path) => blocksOf(path, read(path)));

describe("every block of the pages and doc comments does what it says", () => {
  for (const block of blocks) test(`${block.path}:${block.line}`, () => runBlock(block));
});

test.runIf(atLength)("every block type-checks under the project's own settings", { timeout: 120_000 }, () => {
  expect(typeErrors(blocks)).toBe("");
});

test("no block slips past the checks without a reason", () => {
  expect(files.flatMap((path) => uncheckedFences(path, read(path)))).toEqual([]);
});

test("every relative link, picture and heading is there", () => {
  expect(pages.flatMap((path) => deadLinks(path, read(path)))).toEqual([]);
});

describe("the checker of the blocks", () => {
  const page = (...lines: string[]): string => ["# A page", "", "```ts", ...lines, "```", ""].join("\n");
  const outcome = async (...lines: string[]): Promise<string> => {
    const [block] = blocksOf("page.md", page(...lines));
    return runBlock(block!).then(() => "passes", String);
  };

  it("names a block by the line of its fence, in pages and in comments", () => {
    expect(blocksOf("page.md", page("1;"))).toMatchObject([{ path: "page.md", line: 3, code: "1;\n" }]);
    expect(blocksOf("a.ts", "/**\n * Doubles.\n *\n * ```ts\n * twice(2);\n * ```\n */")).toMatchObject([{ line: 4, code: "twice(2);\n" }]);
  });

  it("reports a wrong number with file and line", async () => {
    expect(await outcome("const x = 2;", "x; // => 3")).toContain("page.md:5");
    expect(await outcome("const x = 2;", "x; // => 2")).toBe("passes");
  });

  it("compares numbers to nine digits", async () => {
    expect(await outcome("1 / 3; // => 0.333333333")).toBe("passes");
    expect(await outcome("1 / 3; // => 0.33333333")).toContain("page.md:4");
  });

  it("minds the sign of a zero only where the claim shows one", async () => {
    expect(await outcome("[-0]; // => [0]")).toBe("passes");
    expect(await outcome("[-0]; // => [-0]")).toBe("passes");
    expect(await outcome("[0]; // => [-0]")).toContain("page.md:4");
  });

  it("compares tensors by shape and values, typed arrays by values", async () => {
    const start = 'import { tensor } from "etalon/tensor";';
    expect(await outcome(start, "({ a: [tensor([1, 2])] }); // => { a: [tensor([1, 2])] }")).toBe("passes");
    expect(await outcome(start, "tensor([1, 2]); // => tensor([1, 3])")).toContain("page.md:5");
    expect(await outcome(start, "tensor([[1, 2]]); // => tensor([1, 2])")).toContain("page.md:5");
    expect(await outcome("new Float32Array([0.1]); // => [0.100000001]")).toBe("passes");
    expect(await outcome("new Float32Array([0.1]); // => [0.2]")).toContain("page.md:4");
  });

  it("wants an error that begins as claimed", async () => {
    expect(await outcome('null!["x"]; // throws TypeError: Cannot')).toBe("passes");
    expect(await outcome('null!["x"]; // throws RangeError')).toContain("page.md:4");
    expect(await outcome("1; // throws RangeError")).toContain("page.md:4");
  });

  it("waits for promises", async () => {
    expect(await outcome("Promise.resolve(2); // => 2")).toBe("passes");
    expect(await outcome("Promise.resolve(2); // => 3")).toContain("page.md:4");
    expect(await outcome("const x = await Promise.resolve(2);", "x; // => 2")).toBe("passes");
  });

  it("refuses a mark that would be ignored", async () => {
    expect(await outcome("const x = 2; // => 3")).toContain("page.md:3: 1 marks stand behind no expression statement");
    expect(await outcome("if (true) {", "  2; // => 3", "}")).toContain("page.md:3: 1 marks");
  });

  it("fails where a block throws, or imports what is not exported", async () => {
    expect(await outcome('throw new Error("no");')).toBe("Error: no");
    expect(await outcome('import { nothing } from "etalon/nowhere";', "nothing;")).toBe("Error: the package has no entry point etalon/nowhere");
  });

  it("takes every form of import", async () => {
    expect(await outcome('import fc from "fast-check";', 'import * as tensors from "etalon/tensor";', 'import { type Shape, zeros as nil } from "etalon/tensor";',
      "const shape: Shape = [2];", "nil(shape); // => tensors.zeros([2])", "typeof fc.integer; // => \"function\"")).toBe("passes");
  });

  it.runIf(atLength)("reports a wrong type with file and line", () => {
    const wrong = page("const x: number = 1;", 'const y: number = "1";', "x; y;");
    expect(typeErrors(blocksOf("page.md", wrong))).toBe("page.md:5 Type 'string' is not assignable to type 'number'.");
  });

  it("lets a block pass unchecked only with a reason", () => {
    const fence = (info: string): readonly string[] => uncheckedFences("page.md", `\`\`\`${info}\nx\n\`\`\`\n`);
    expect(["ts", "sh", "json", "text", "", "ts nocheck: needs a browser"].flatMap(fence)).toEqual([]);
    expect(["ts nocheck", "typescript", "js", "ts nocheck:"].flatMap(fence)).toHaveLength(4);
    expect(blocksOf("page.md", "```ts nocheck: needs a browser\nx\n```\n")).toEqual([]);
  });

  it("finds links, pictures and headings that are not there", () => {
    const dead = (text: string): readonly string[] => deadLinks("docs/page.md", text);
    expect(dead("[a](../package.json) [b](https://example.invalid/x) `[c](d)`\n```ts\nf[0](x)\n```\n")).toEqual([]);
    expect(dead("\n[a](nowhere.md)")).toEqual(["docs/page.md:2 nowhere.md: no such file"]);
    expect(dead('![a](no.svg) <img src="no.png">')).toHaveLength(2);
    expect(dead("[a](../../outside.md)")).toHaveLength(1);
  });
});

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it, test } from "vitest";
import { list, read, root, sources } from "./support/documents.ts";
import { breaches, nothingAllowed, programOf, publicNames, rooms } from "./support/house-rules.ts";
import type { Allowances } from "./support/house-rules.ts";
import { atLength } from "./support/runs.ts";

const filling = "internal; documented as filling its caller's own buffer";

const allowed: Allowances = {
  packages: {
    "src/oracle/arbitraries.ts fast-check": "an optional peer dependency; only who draws cases needs it",
    "src/oracle/verify.ts fast-check": "the same, loaded when it is called for",
    "src/cli/load-module.ts pathToFileURL(file).href": "the user's own module",
    "src/cli/load-module.ts tools": "reads TypeScript where it is installed",
  },
  fills: {
    "src/tensor/contraction.ts tile4x2 output": filling,
    "src/tensor/contraction.ts tile4x1 output": filling,
    "src/tensor/contraction.ts tile1x1 output": filling,
    "src/tensor/contraction.ts contractPanels output": filling,
    "src/tensor/contraction.ts fillPanel panel": filling,
    "src/tensor/contraction.ts panel4x2 sums": filling,
    "src/cnn/window.ts fillImage image": filling,
    "src/cnn/window.ts readImage sample": filling,
    "src/cnn/triple-sum.ts spreadBias maps": filling,
    "src/cnn/winners.ts keepInside inside": filling,
    "src/oracle/tally.ts newTally counts": "a map of its own",
    "src/oracle/module-candidate.ts reusedBuffer handedOut": "a candidate's memory of the buffers that it gave out",
  },
  declarations: {
    "src/tensor/tensor.ts Tensor": "the one class: only a class hides its store",
    "src/tensor/tensor.ts rawOf": "set once, where the class is defined: the package's own way to the store",
  },
  throws: {
    "src/oracle/expect-agrees.ts expectAgrees": "a failed expectation, told as test frameworks tell it",
    "src/oracle/verify.ts verifyTier": "passes on what was thrown while a case was asked",
    "src/oracle/verify.ts loadFastCheck": "no argument is at fault: fast-check is not installed",
  },
};

/** Modules without a page or a spec of their own, each with its reason. */
const unpaired: Readonly<Record<string, string>> = {
};


const program = programOf(root, new Map(sources.map((path) => [path, read(path)])));

describe("the sources keep the rules of the house", () => {
  const used = new Set<string>();
  for (const path of sources) test(path, () => expect(breaches(program, root, path, allowed, used)).toEqual([]));

  it("needs every allowance that is made", () => {
    const made = Object.entries(allowed).flatMap(([kind, entries]: [string, object]) => Object.keys(entries).map((entry) => `${kind}: ${entry}`));
    expect(made.filter((entry) => !used.has(entry))).toEqual([]);
  });

  it("has no test that is skipped, exclusive or put off", () => {
    const marked = list("spec", ".ts").filter((path) => /\b(it|test|describe)\.(skip|only|todo)\b/.test(read(path).replaceAll(/\/.*\/\.test/g, "")));
    expect(marked).toEqual([]);
  });

  it.runIf(atLength)("names nothing of Node or of a browser outside of the command line", { timeout: 120_000 }, () => {
    // The program knows the language itself and no environment.
    const outside = sources.filter((path) => !path.startsWith("src/cli/")).map((path) => program.getSourceFile(root + path)!);
    const complaints = outside.flatMap((file) => program.getSemanticDiagnostics(file));
    expect(complaints.map(({ file, messageText }) => `${file?.fileName.slice(root.length)} ${ts.flattenDiagnosticMessageText(messageText, " ")}`)).toEqual([]);
  });
});

describe("a concept has one name in every tree", () => {
  /** A folder within a chapter is one concept. */
  const concept = (path: string): string => path.replace(/(\.spec)?\.(ts|md)$/, "").split("/").slice(1, 3).join("/");
  const chapters = Object.keys(rooms);
  const concepts = [...new Set(sources.filter((path) => path.includes("/", 4) && !/^src\/\w+\/index\.ts$/.test(path)).map(concept))];

  /** What hands something out that can be called or read, and the command itself. */
  const isPublic = (name: string): boolean =>
    name === "cli/etalon" || sources.some((path) => concept(path) === name && [...(publicNames(program, root, path) ?? [])].some((each) => !isType(path, each)));
  const isType = (path: string, name: string): boolean =>
    program.getSourceFile(root + path)!.statements.some((statement) =>
      (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) && statement.name.text === name);

  it("a module has a spec, and a page where users meet it", () => {
    const wanted = concepts.flatMap((name) => [`spec/${name}.spec.ts`, ...(isPublic(name) ? [`docs/${name}.md`] : [])]);
    const missing = wanted.filter((path) => !existsSync(root + path));
    expect(missing.filter((path) => unpaired[path] === undefined)).toEqual([]);
    expect(Object.keys(unpaired).filter((path) => !missing.includes(path))).toEqual([]);
  });

  it("a spec or a page in a chapter has its module", () => {
    const paths = chapters.flatMap((chapter) => [...list(`spec/${chapter}`, ".spec.ts"), ...list(`docs/${chapter}`, ".md")]);
    const chapterPages = chapters.map((chapter) => `${chapter}/index`);
    expect(paths.filter((path) => ![...concepts, ...chapterPages].includes(concept(path)))).toEqual([]);
  });
});

describe("the package", () => {
  const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;

  it("depends on nothing at run time", () => {
    expect(manifest["dependencies"]).toBeUndefined();
    expect(manifest["optionalDependencies"]).toBeUndefined();
    expect(manifest["bundledDependencies"]).toBeUndefined();
    expect(manifest["peerDependenciesMeta"]).toEqual(Object.fromEntries(Object.keys(manifest["peerDependencies"]!).map((peer) => [peer, { optional: true }])));
  });

  it("is developed with five pinned packages", () => {
    expect(Object.keys(manifest["devDependencies"]!)).toEqual(["@types/node", "fast-check", "typedoc", "typescript", "vitest"]);
    for (const version of Object.values(manifest["devDependencies"]!)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("keeps its top folder short", () => {
    const expected = ["README.md", "docs", "examples", "package-lock.json", "package.json", "spec", "src", "tsconfig.json"];
    const tracked = trackedFiles();
    const top = new Set(tracked.map((path) => path.split("/")[0]!).filter((entry) => !entry.startsWith(".")));
    expect([...top].filter((entry) => !expected.includes(entry))).toEqual([]);
  });
});

/** The files that git tracks; none where the project was unpacked without its history. */
function trackedFiles(): readonly string[] {
  try {
    return execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim().split("\n");
  } catch {
    return [];
  }
}

describe("the checker of the rules", () => {
  const comment = "/** What this is. @module */\n";
  const check = (text: string, path = "src/cnn/planted.ts", allowances: Allowances = nothingAllowed): readonly string[] => {
    const texts = new Map([[path, comment + text], ["src/tensor/other.ts", "export const x = 1;"]]);
    return breaches(programOf(root, texts, true), root, path, allowances).map((breach) => breach.slice(breach.indexOf(" ") + 1));
  };

  it("passes what keeps the rules", () => {
    expect(check([
      "const table = [1, 2];",
      "/** Doubles.\n * @example\n * twice([1]);\n */",
      "export function twice(values: readonly number[]): number[] {",
      "  const output = values.slice();",
      "  let sum = 0;",
      "  for (let i = 0; i < output.length; i++) { output[i]! += table[0]!; sum += output[i]!; }",
      "  output.push(sum);",
      "  let rest = values;",
      "  while (rest.length > 0) rest = rest.slice(1);",
      "  return output;",
      "}",
    ].join("\n"))).toEqual([]);
  });

  it.each([
    ["x[0] = 1;"], ["x[0]! += 1;"], ["x[0]!++;"], ["--x[0]!;"], ["(x as number[])[0] = 1;"], ["[x[0], x[1]] = [1, 2];"], ["delete x[0];"],
    ["x = [];"], ["x.fill(0);"], ["x.sort();"], ["x.push(1);"], ["const y = x; y[0] = 1;"], ["const y = [x][0]!, z = x; z[0] = 1; y;"],
    ["const [y] = [x]; y[0] = 1;"], ["x.length = 0;"],
  ])("sees that an argument is written to in %s", (statement) => {
    const found = check(`const f = (x: number[]): void => { ${statement} };\nf([]);`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^f (writes to|deletes from|calls \w+ on) parameter x/);
  });

  it.each([
    ["({ data }: { data: number[] }): void => { data[0] = 1; }", "data"],
    ["(x: { data: number[] }): void => { const { data } = x; data[0] = 1; }", "x (as data)"],
    ["(x: Float32Array): void => { x.subarray(1).fill(0); }", "x"],
    ["(x: Float32Array): void => { const half = x.subarray(1); half[0] = 1; }", "x (as half)"],
  ])("sees through parts and views: %s", (text, name) => {
    const found = check(`const f = ${text};\nf;`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`parameter ${name.replace(/[()]/g, "\\$&")}$`));
  });

  it("sees that a tensor's store is written to", () => {
    const found = check("declare const raw: (t: object) => Float32Array;\nconst f = (t: object): void => { const data = raw(t); data[0] = 1; };\nf({});");
    expect(found).toEqual(["f writes to borrowed raw(t) (as data)"]);
  });

  it("sees module-level state", () => {
    expect(check("let count = 0;\nexport {};\n")).toEqual(["keeps module-level state in count"]);
    expect(check("var count = 0;\ncount;")).toEqual(["keeps module-level state in count", "declares a var"]);
    expect(check("const cache = new Map<string, number>();\nconst f = (): void => { cache.set(\"\", 1); };\nf();"))
      .toEqual(["f calls set on module-level cache"]);
  });

  it("sees classes, this and default exports", () => {
    expect(check("class Counter {}\nnew Counter();")).toEqual(["declares the class Counter"]);
    expect(check("function f(this: object): object { return this; }\nf;")).toContain("uses this");
    expect(check("/** One. */\nexport default 1;")).toContain("has a default export");
  });

  it("sees an error outside of the grammar", () => {
    expect(check('const f = (): void => { throw new RangeError("no"); };\nf;')).toEqual(["throws other than by wrongValue or wrongKind"]);
    expect(check("const wrongValue = (): RangeError => new RangeError();\nconst f = (): void => { throw wrongValue(); };\nf;")).toEqual([]);
  });

  it("sees imports against the arrows, and of packages", () => {
    expect(check('import "../tensor/other.ts";')).toEqual([]);
    expect(check('import "../rnn/other.ts";')).toEqual(["cnn imports from rnn"]);
    expect(check('import "../cnn/other.ts";', "src/tensor/planted.ts")).toEqual(["tensor imports from cnn"]);
    expect(check('import "./other.ts";', "src/tensor/planted.ts")).toEqual([]);
    expect(check('import "../cli/etalon.ts";', "src/oracle/planted.ts")).toEqual(["oracle imports from cli"]);
    expect(check('import "node:fs";')).toEqual(["imports node:fs"]);
    expect(check('const f = async (): Promise<unknown> => import("node:fs");\nf();')).toEqual(["imports node:fs"]);
    expect(check('const f = async (name: string): Promise<unknown> => import(name);\nf("");')).toEqual(["imports name"]);
    expect(check('import "node:fs";', "src/cli/planted.ts")).toEqual([]);
    expect(check('import "fast-check";', "src/oracle/planted.ts")).toEqual(["imports fast-check"]);
  });

  it("sees exports that are not documented", () => {
    expect(check("export const x = 1;")).toEqual(["exports x without a doc comment"]);
    expect(check("/** Twice. */\nexport const twice = (x: number): number => 2 * x;")).toEqual(["exports twice without an @example"]);
    expect(check("/** Twice. @internal */\nexport const twice = (x: number): number => 2 * x;")).toEqual([]);
    expect(check("/** Options. */\nexport interface Options { stride: number }")).toEqual(["leaves Options.stride without a doc comment"]);
    expect(check("/** More. */\nexport type MoreOptions = {\n  /** Across. */\n  x: number; y: number };")).toEqual(["leaves MoreOptions.y without a doc comment"]);
  });

  it("sees exports that are neither public nor marked as internal, and the other way round", () => {
    const withIndex = (text: string, names: string): readonly string[] => {
      const texts = new Map([["src/cnn/planted.ts", comment + text], ["src/cnn/index.ts", `${comment}export { ${names} } from "./planted.ts";`]]);
      return breaches(programOf(root, texts, true), root, "src/cnn/planted.ts", nothingAllowed);
    };
    expect(withIndex("/** One. */\nexport const x = 1;", "x")).toEqual([]);
    expect(withIndex("/** One. */\nexport const x = 1;", "")).toEqual(["src/cnn/planted.ts:3 exports x, neither @internal nor in the chapter's index"]);
    expect(withIndex("/** One. @internal */\nexport const x = 1;", "x")).toEqual(["src/cnn/planted.ts:3 marks x as @internal, but the chapter's index exports it"]);
  });

  it("sees an index that does more than re-export by hand", () => {
    expect(check('export { x } from "../tensor/other.ts";', "src/cnn/index.ts")).toEqual([]);
    expect(check("/** One. */\nexport const x = 1;", "src/cnn/index.ts")).toEqual(["does more than re-export"]);
    expect(check('export * from "../tensor/other.ts";', "src/cnn/index.ts")).toEqual(["does not list its exports by hand"]);
  });

  it("sees long lines, long files, and what was put off", () => {
    expect(check(`// ${"x".repeat(160)}\n`)).toEqual(["has 163 characters"]);
    expect(check(`${"[].length;\n".repeat(241)}`)).toEqual(["has 241 lines of code, more than 240: two concepts?"]);
    expect(check(`${"// a comment\n\n".repeat(241)}`)).toEqual([]);
    expect(check(`// ${"TO"}DO later\n`)).toEqual(["puts something off"]);
  });

  it("lets pass what is allowed by place", () => {
    const text = "const fill = (x: number[]): void => { x[0] = 1; };\nfill([]);";
    expect(check(text, "src/cnn/planted.ts", { ...nothingAllowed, fills: { "src/cnn/planted.ts fill x": "a reason" } })).toEqual([]);
    expect(check(text, "src/cnn/planted.ts", { ...nothingAllowed, fills: { "src/cnn/planted.ts fill y": "a reason" } })).toHaveLength(1);
  });
});

import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { read, root } from "./support/documents.ts";

interface Manifest {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly sideEffects: boolean;
  readonly type: string;
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target !== "string") as [string, { types: string; default: string }][];
const sourceOf = (built: string): string => built.replace(/^\.?\/?dist\//, "src/").replace(/(\.d\.ts|\.js)$/, ".ts");

describe("the package", () => {
  it("leads every entry point to one source file, for types and for code", () => {
    for (const [, target] of entries) {
      expect(sourceOf(target.types)).toBe(sourceOf(target.default));
      expect(existsSync(root + sourceOf(target.default)), target.default).toBe(true);
    }
  });

  it("has an entry point for every chapter, and only arbitraries beside them", () => {
    const chapters = readdirSync(`${root}src`, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== "cli").map(({ name }) => name);
    expect(entries.map(([name]) => name).sort()).toEqual([".", "./arbitraries", ...chapters.map((chapter) => `./${chapter}`)].sort());
  });

  it("lets nobody in by another way", () => {
    expect(Object.keys(manifest.exports).filter((name) => name.includes("*"))).toEqual([]);
    const require = createRequire(import.meta.url);
    for (const deep of ["tensor/tensor", "tensor/tensor.js", "dist/index.js", "src/index.ts", "oracle/catalog"]) {
      expect(() => require.resolve(`${manifest.name}/${deep}`)).toThrow("is not defined by \"exports\"");
    }
    expect(require.resolve(`${manifest.name}/package.json`)).toBe(`${root}package.json`);
  });

  it("names its command after itself, and the command's source begins as a script", () => {
    expect(Object.keys(manifest.bin)).toEqual([manifest.name]);
    expect(read(sourceOf(manifest.bin[manifest.name]!)).startsWith("#!/usr/bin/env node\n")).toBe(true);
  });

  it("maps its entry points to the sources in the same way for the type checker", () => {
    const { compilerOptions } = JSON.parse(read("tsconfig.json")) as { compilerOptions: { paths: Readonly<Record<string, readonly [string]>> } };
    for (const [name, target] of entries) {
      const imported = `${manifest.name}${name.slice(1)}`;
      const path = compilerOptions.paths[imported] ?? compilerOptions.paths[`${manifest.name}/*`]?.map((pattern) => pattern.replace("*", name.slice(2)));
      expect(path, imported).toEqual([`./${sourceOf(target.default)}`]);
    }
  });

  it("is a module without side effects, ships what it is built from, and is built before it is packed", () => {
    expect(manifest).toMatchObject({ type: "module", sideEffects: false });
    expect(manifest.files).toEqual(["dist", "src", "!src/tsconfig.json"]);
    expect(manifest.scripts["prepack"]).toBe("npm run build");
  });
});

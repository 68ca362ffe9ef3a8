/** Runs TypeScript that imports from "etalon/…" straight from the sources, without a build. */
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("../../", import.meta.url));

const alias = [
  { find: /^etalon$/, replacement: `${root}src/index.ts` },
  { find: /^etalon\/arbitraries$/, replacement: `${root}src/oracle/arbitraries.ts` },
  { find: /^etalon\/(\w+)$/, replacement: `${root}src/$1/index.ts` },
];

/** A module of the sources, by its path from the root; what it imports is shared with no other module loaded so. */
export async function load(path) {
  const { module } = await runnerImport(`./${path}`, { root, resolve: { alias } });
  return module;
}

/** All examples by name. */
export const loadExamples = async () => (await load("examples/support/contents.ts")).examples;

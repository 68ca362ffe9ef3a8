/**
 * One workshop: runs the specs it is told of, again and again in one process, and answers whether they pass.
 *
 *     parent → { changed: path of a file that is new since the last run, specs: paths }        both below the folder given as the argument
 *     worker → { ready: true } once, then { passed: boolean } for each
 */
import process from "node:process";
import { createVitest } from "vitest/node";

const root = process.argv[2];
process.chdir(root);
const vitest = await createVitest("test", {
  root, watch: false, dir: "spec", bail: 1, testTimeout: 100_000, reporters: [{}], pool: "threads", maxWorkers: 1, isolate: false,
});

let before;
process.on("message", async ({ changed, specs }) => {
  // What was broken before is whole again.
  for (const file of new Set([before, changed])) if (file !== undefined) vitest.invalidateFile(root + file);
  before = changed;
  const specifications = (await vitest.globTestSpecifications(specs)).filter(({ moduleId }) => specs.some((spec) => moduleId.endsWith(`/${spec}`)));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, true);
  // Vitest also tells of modules that ran before.
  const own = testModules.filter(({ moduleId }) => specifications.some((specification) => specification.moduleId === moduleId));
  const passed = own.length === specs.length && own.every((module) => module.state() === "passed");
  process.send({ passed: passed && unhandledErrors.length === 0 });
});
process.send({ ready: true });

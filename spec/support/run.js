/**
 * The whole check: types of the library, specs with every block of the pages, and at length the types of all else and the links of the reference. Ends in
 * one line, "N passed, N failed".
 *
 *     node spec/support/run.js [runs]     every property runs so many times as often; default 1
 *
 * What keeps tests from running counts as a failure: a spec file that does not load, a step that ends in an error.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const runs = Number(process.argv[2] ?? 1);
const report = ".build/tests.json";

/** Runs a tool of the project's own, and says whether it went well; what it prints stays together. */
const step = (tool, ...options) => new Promise((resolve) => {
  const child = spawn(`node_modules/.bin/${tool}`, options, {
    stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ETALON_RUNS: String(runs) }, shell: process.platform === "win32",
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => printed.push(bytes));
  child.on("error", (error) => printed.push(Buffer.from(`${error.message}\n`)));
  child.on("close", (code) => {
    console.log(`\n> ${[tool, ...options].join(" ")}\n${Buffer.concat(printed).toString("utf8")}`);
    resolve(code === 0);
  });
});

/** One line for all that stand together and begin or end alike, such as a test of every operation. */
function tellNotRun(tests) {
  const kinds = [];
  for (const { ancestorTitles, title, fullName } of tests) {
    const words = title.split(" ");
    const [place, head, tail] = [ancestorTitles.join(), words.slice(0, 3).join(), words.slice(-3).join()];
    const kind = kinds.find((each) => each.place === place && (each.head === head || each.tail === tail));
    if (kind === undefined) kinds.push({ place, head, tail, fullName, more: 0 });
    else kind.more++;
  }
  for (const { fullName, more } of kinds) console.log(`did not run here: ${fullName}${more > 0 ? `, and ${more} more like it` : ""}`);
}

function countTests() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    const notLoaded = testResults.filter(({ status, assertionResults }) =>
      status !== "passed" && assertionResults.every((test) => test.status !== "failed")).length;
    const notRun = testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status !== "passed" && status !== "failed"));
    tellNotRun(notRun);
    return { passed: numPassedTests, failed: numFailedTests + notLoaded };
  } catch (error) {
    console.error(`no report of the tests: ${error.message}`);
    return { passed: 0, failed: 1 };
  }
}

rmSync(report, { force: true });
// Beside the specs, of which those of the command mostly wait for its processes. Types are checked once, by tsc; links of the reference take longer.
const short = runs < 5;
const checked = step("tsc", ...(short ? ["-p", "src", "--noEmit"] : []))
  .then(async (typed) => [typed, short || (await step("typedoc", "--emit", "none", "--skipErrorChecking"))]);
const tested = await step("vitest", "run", "--dir", "spec", "--pool=threads", `--maxWorkers=${runs > 1 ? 3 : 2}`, "--no-isolate", "--allowOnly=false", `--testTimeout=${60_000 * Math.max(1, runs)}`,
  "--reporter=default", "--reporter=json", `--outputFile.json=${report}`);

const [typed, documented] = await checked;
const { passed, failed } = countTests();
const steps = [typed, documented, tested || failed > 0].filter((well) => !well).length;
mkdirSync(".build", { recursive: true });
writeFileSync(".build/counts", `${passed} ${failed + steps}\n`);
console.log(`\n${passed} passed, ${failed + steps} failed`);
process.exitCode = failed + steps === 0 ? 0 : 1;

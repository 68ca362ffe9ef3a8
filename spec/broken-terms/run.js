/**
 * Breaks the library one term at a time and sees whether the specs notice.
 *
 *     node spec/broken-terms/run.js [part of a path] [--workers 2]
 *
 * Each line of the lists, one list a chapter, names a file, a text that stands there once, and what it is replaced by: a flipped sign, a swapped index, a bound
 * that is off by one. The specs of that file must then fail. What they do not notice is a survivor, and there must be none.
 */
import { fork } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { workers: { type: "string", default: "2" } } });

/** Modules whose specs are not only their own: all that read their tables must notice too. */
const more = {
  "src/cnn/window.ts": ["spec/cnn/convolution.spec.ts", "spec/cnn/pooling.spec.ts", "spec/cnn/average-pooling.spec.ts"],
  "src/cnn/triple-sum.ts": ["spec/cnn/convolution.spec.ts", "spec/cnn/transposed-convolution.spec.ts"],
  "src/cli/candidate-process.ts": ["spec/cli/etalon.spec.ts"],
  "src/cnn/winners.ts": ["spec/cnn/pooling.spec.ts"],
  "src/oracle/error-bound.ts": ["spec/oracle/catalog/pooling.spec.ts", "spec/oracle/catalog/softmax.spec.ts"],
  "src/oracle/ball-functions.ts": ["spec/oracle/catalog/smooth-activation.spec.ts"],
  "src/oracle/catalog/pointwise.ts": ["spec/oracle/catalog/activation.spec.ts", "spec/oracle/catalog/smooth-activation.spec.ts"],
  "src/oracle/laws-of-functions.ts": ["spec/oracle/laws.spec.ts"],
  "src/oracle/diagnosis.ts": ["spec/oracle/kill-matrix.spec.ts", "spec/oracle/redrawn.spec.ts"],
  "src/oracle/likeness.ts": ["spec/oracle/diagnosis.spec.ts"],
  "src/oracle/catalog/operation.ts": ["spec/oracle/arbitraries.spec.ts"],
  "src/oracle/variants/windows.ts": ["spec/oracle/kill-matrix.spec.ts"],
  "src/oracle/verify.ts": ["spec/oracle/kill-matrix.spec.ts"],
  "src/oracle/findings.ts": ["spec/oracle/verify.spec.ts", "spec/oracle/kill-matrix.spec.ts"],
  "src/oracle/memory.ts": ["spec/oracle/verify.spec.ts"],
  "src/oracle/variants/recurrent-cells.ts": ["spec/oracle/variants/lstm.spec.ts", "spec/oracle/variants/gru.spec.ts"],
  "src/oracle/variants/recurrent-network.ts": ["spec/oracle/variants/sequences.spec.ts"],
  "src/oracle/variants/gate-habits.ts": ["spec/oracle/variants/lstm.spec.ts", "spec/oracle/variants/gru.spec.ts"],
  "src/oracle/variants/loss-habits.ts": ["spec/oracle/variants/losses.spec.ts", "spec/oracle/variants/binary-cross-entropy.spec.ts"],
  "src/oracle/variants/rule-steps.ts": ["spec/oracle/variants/rules.spec.ts"],
  "src/learning/update.ts": ["spec/learning/rule.spec.ts"],
  "src/learning/gradient-descent.ts": ["spec/learning/rule.spec.ts"],
  "src/learning/momentum.ts": ["spec/learning/rule.spec.ts"],
  "src/learning/rms-prop.ts": ["spec/learning/rule.spec.ts"],
  "src/learning/adagrad.ts": ["spec/learning/rule.spec.ts"],
  "src/learning/adam.ts": ["spec/learning/rule.spec.ts"],
  "src/oracle/case.ts": ["spec/oracle/catalog/recurrent.spec.ts"],
  "src/oracle/service.ts": ["spec/oracle/catalog/recurrent.spec.ts"],
  "src/oracle/catalog/recurrent-space.ts": ["spec/oracle/catalog/recurrent.spec.ts"],
  "src/oracle/catalog/simple-rnn.ts": ["spec/oracle/catalog/recurrent.spec.ts"],
  "src/oracle/catalog/lstm.ts": ["spec/oracle/catalog/recurrent.spec.ts"],
  "src/oracle/catalog/gru.ts": ["spec/oracle/catalog/recurrent.spec.ts"],
  "src/oracle/ball.ts": ["spec/oracle/catalog/adaptive.spec.ts"],
  "src/oracle/catalog/rule.ts": ["spec/oracle/catalog/gradient-descent.spec.ts", "spec/oracle/catalog/adaptive.spec.ts"],
  "src/oracle/catalog/gradient-descent.ts": ["spec/oracle/catalog/rule.spec.ts"],
  "src/oracle/catalog/adaptive.ts": ["spec/oracle/catalog/rule.spec.ts"],
  "src/rnn/unroll.ts": ["spec/rnn/zero-state.spec.ts"],
  "src/rnn/simple-rnn.ts": ["spec/rnn/zero-state.spec.ts"],
  "src/rnn/gate.ts": ["spec/rnn/lstm.spec.ts", "spec/rnn/gru.spec.ts"],
  "src/tensor/contraction.ts": ["spec/tensor/matrix-product.spec.ts", "spec/cnn/convolution.spec.ts"],
};

const chapters = ["tensor", "learning", "cnn", "rnn", "oracle", "cli"];

const list = chapters.flatMap((chapter) => readFileSync(new URL(`${chapter}.txt`, import.meta.url), "utf8").split("\n"))
  .filter((line) => line.trim() !== "" && !line.startsWith("#"))
  .map((line) => {
    const [file, original, replacement, ...rest] = `${line} `.split(" | ").map((part, i) => (i === 2 ? part.slice(0, -1) : part));
    if (replacement === undefined || rest.length > 0) throw new Error(`broken terms: expected "file | original | replacement", got: ${line}`);
    return { file, original, replacement };
  })
  .filter(({ file }) => positionals.every((part) => file.includes(part)));

const specsOf = (file) =>
  [file.replace(/^src/, "spec").replace(/\.ts$/, ".spec.ts"), ...(more[file] ?? [])].filter((spec) => existsSync(root + spec));

/** A copy of the library and its specs in which terms may be broken. */
function workshop(number) {
  const folder = `${root}.build/broken-terms/${number}/`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of ["src", "spec", "docs/oracle", "examples/candidates", "package.json", "tsconfig.json"]) {
    if (existsSync(root + part)) cpSync(root + part, folder + part, { recursive: true });
  }
  symlinkSync(`${root}node_modules`, `${folder}node_modules`);
  return folder;
}

/** A process that runs specs in a workshop; it is replaced when it hangs, and now and then, as it keeps what it has loaded. */
function startRunner(folder) {
  let child;
  let gone;
  let asked = 0;
  const next = (wanted) => new Promise((resolve) => child.once("message", (message) => resolve(wanted(message))));
  const stop = () => {
    child?.removeAllListeners();
    child?.kill("SIGKILL");
    child = undefined;
  };
  return {
    stop,
    /** "survived" where the specs pass, else "noticed", or "noticed, too slow" where they did not end in two minutes. */
    test: async (changed, specs) => {
      if (asked++ % 100 === 0) stop();
      if (child === undefined) {
        child = fork(fileURLToPath(new URL("worker.js", import.meta.url)), [folder], { cwd: folder, stdio: "ignore" });
        gone = new Promise((resolve) => child.once("exit", () => resolve("noticed")));
        await next(() => undefined);
      }
      const answer = next(({ passed }) => (passed ? "survived" : "noticed"));
      let timer;
      const late = new Promise((resolve) => (timer = setTimeout(() => resolve("noticed, too slow"), 120_000)));
      child.send({ changed, specs });
      const outcome = await Promise.race([answer, gone, late]);
      clearTimeout(timer);
      if (outcome === "noticed, too slow" || child.exitCode !== null) stop();
      return outcome;
    },
  };
}

const queue = list.map((mutant, i) => ({ ...mutant, number: i + 1 }));
const survivors = [];
let noticed = 0;

async function work(number) {
  const folder = workshop(number);
  const runner = startRunner(folder);
  const sound = new Map();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { file, original, replacement } = next;
    const specs = specsOf(file);
    const text = readFileSync(folder + file, "utf8");
    const line = `${file} | ${original} | ${replacement}`;
    const places = text.split(original).length - 1;
    if (specs.length === 0 || places !== 1 || original === replacement) {
      survivors.push(`${line}   (${specs.length === 0 ? "no spec" : places !== 1 ? `stands there ${places} times` : "changes nothing"})`);
      continue;
    }
    if (!sound.has(file)) sound.set(file, (await runner.test(file, specs)) === "survived");
    if (!sound.get(file)) {
      survivors.push(`${line}   (its specs fail before anything is broken)`);
      continue;
    }
    writeFileSync(folder + file, text.replace(original, () => replacement));
    const outcome = await runner.test(file, specs);
    writeFileSync(folder + file, text);
    if (outcome === "survived") survivors.push(line);
    else noticed++;
    console.log(`${String(next.number).padStart(4)}/${list.length} ${outcome}: ${line}`);
  }
  runner.stop();
}

await Promise.all(Array.from({ length: Number(values.workers) }, (_, i) => work(i + 1)));
rmSync(`${root}.build/broken-terms`, { recursive: true, force: true });
console.log(`\n${list.length} terms broken one at a time: ${noticed} noticed, ${survivors.length} survivors`);
for (const line of survivors) console.log(`survived: ${line}`);
process.exitCode = survivors.length === 0 ? 0 : 1;

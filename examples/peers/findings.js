/**
 * The numbers of docs/findings.md: how an implementation compares with the reference over many drawn cases, and which of the known
 * conditions every disagreement falls under.
 *
 *     npm run findings [-- SEED…]          TensorFlow.js, in plain JavaScript
 *     npm run wasm-findings [-- SEED…]     TensorFlow.js, in WebAssembly
 *     npm run jax-findings [-- SEED…]      jax-js
 *     npm run onnx-findings [-- SEED…]     ONNX Runtime
 */
import fc from "fast-check";
import { compare, findOperation, reference } from "../../dist/oracle/index.js";
import { cases } from "../../dist/oracle/arbitraries.js";
import { known as knownOfTfjs, knownOfWasm } from "./known.js";

/** What may write beyond its memory leaves nothing right after it: no such case is run. */
const corrupting = [...knownOfTfjs, ...knownOfWasm].filter(({ name }) => /^(a number as padding|sizes rounded up|tf\.pool)/.test(name));

/** Cases drawn for each tier and seed; more where an implementation takes fewer of them. */
const clients = {
  tfjs: { module: "./tfjs-cpu.js", conditions: knownOfTfjs, drawn: { convolution: 6000, maxPooling: 6000, averagePooling: 10000 }, otherwise: 600 },
  wasm: {
    module: "./tfjs-wasm.js", conditions: [...knownOfWasm, ...knownOfTfjs], setAside: corrupting,
    drawn: { convolution: 1500, transposedConvolution: 1000, maxPooling: 1500, averagePooling: 2500 }, otherwise: 200,
  },
  jax: { module: "./jax.js", conditions: "./jax-remainder.js", drawn: { maxPooling: 400, averagePooling: 400, transposedConvolution: 400 }, otherwise: 60 },
  onnx: { module: "./onnxruntime.js", conditions: "./onnxruntime-remainder.js", drawn: {}, otherwise: 100 },
};

const [client = "tfjs", ...given] = process.argv.slice(2);
const { module, conditions: listed, setAside = [], drawn, otherwise } = clients[client];
const { default: candidate } = await import(module);
const known = typeof listed === "string" ? (await import(listed)).known : listed;
const seeds = given.length > 0 ? given.map(Number) : [1, 1001, 2001];

/** What is known to spoil a part of the answer to a case; gradients are spoilt by wrong answers too. */
const isKnown = (operation, part, inputs, options) => known.some((each) =>
  each.operations.includes(operation) && (part === "gradients" || each.part !== "gradients") && each.applies(inputs, options));

const plain = (tensors) =>
  Object.fromEntries(Object.entries(tensors ?? {}).map(([name, { shape, values }]) => [name, { shape, data: Float32Array.from(values) }]));

/** What of an answer disagrees: "answer" for outputs or none at all, "gradients", or nothing. */
const judge = (operation, one, answer) => {
  if (answer.error) return "answer";
  const { expected, radius } = reference(one.operation, one.inputs, one.options, one.cotangents);
  const exact = one.tier === "structure" && operation.exact && !operation.scaled;
  const wrong = (part) => Object.entries(answer[part] ?? {}).some(([name, value]) =>
    !compare(value, expected[part][name], exact ? undefined : radius[part][name]).agrees);
  return wrong("outputs") ? "answer" : wrong("gradients") ? "gradients" : undefined;
};

/** The answer, and without gradients where only they throw. */
const ask = async (operation, inputs, options, cotangents) => {
  try {
    return { answer: await operation(inputs, options, cotangents) };
  } catch (thrown) {
    if (cotangents === undefined) return { answer: { error: thrown.message }, thrown };
    try {
      return { answer: await operation(inputs, options), thrown };
    } catch {
      return { answer: { error: thrown.message }, thrown };
    }
  }
};

const share = (count, total) => `${((100 * count) / total).toFixed(1)} %`;
const conditions = new Map(known.map(({ name }) => [name, { cases: 0, wrong: 0 }]));
const unexplained = [];
console.log("| operation | drawn | answered | output agrees | gradients agree | skipped |\n|---|---|---|---|---|---|");
for (const [name, implementation] of Object.entries(candidate.operations)) {
  const operation = findOperation(name);
  const count = { drawn: 0, answered: 0, outputs: 0, asked: 0, gradients: 0 };
  const skipped = new Map();
  for (const tier of operation.exact ? ["structure", "rounding"] : ["rounding"]) {
    for (const seed of seeds) {
      for (const one of fc.sample(cases(name, { tier }), { numRuns: drawn[name] ?? otherwise, seed })) {
        count.drawn++;
        const inputs = plain(one.inputs);
        if (setAside.some((each) => each.operations.includes(name) && each.applies(inputs, one.options))) {
          skipped.set("set aside", (skipped.get("set aside") ?? 0) + 1);
          continue;
        }
        const { answer, thrown } = await ask(implementation, inputs, one.options, one.cotangents && plain(one.cotangents));
        if (answer.skipped) {
          skipped.set(answer.skipped, (skipped.get(answer.skipped) ?? 0) + 1);
          continue;
        }
        count.answered++;
        const judged = judge(operation, one, answer);
        const wrong = judged ?? (thrown ? "gradients" : undefined);
        const asked = one.cotangents !== undefined && (answer.gradients !== undefined || (thrown !== undefined && !answer.error));
        if (asked) count.asked++;
        if (wrong !== "answer") count.outputs++;
        if (asked && wrong === undefined) count.gradients++;
        for (const each of known) {
          if (!each.operations.includes(name) || !each.applies(inputs, one.options) || (each.part === "gradients" && !asked)) continue;
          const tally = conditions.get(each.name);
          tally.cases++;
          if (wrong) tally.wrong++;
        }
        if (wrong && !isKnown(name, wrong, inputs, one.options)) {
          unexplained.push({ name, tier, seed, options: one.options, wrong, thrown: thrown?.message });
        }
      }
    }
  }
  const reasons = [...skipped].map(([reason, times]) => `${share(times, count.drawn)} ${reason}`).join("; ");
  const of = (right, total) => (total === 0 ? "none" : `${right} of ${total}`);
  const answered = `${count.answered} (${share(count.answered, count.drawn)})`;
  console.log(`| ${name} | ${count.drawn} | ${answered} | ${of(count.outputs, count.answered)} | ${of(count.gradients, count.asked)} | ${reasons} |`);
}

console.log("\n| condition | answered cases under it | of these disagree |\n|---|---|---|");
for (const [name, tally] of conditions) console.log(`| ${name} | ${tally.cases} | ${tally.wrong} |`);
console.log(`\nDisagreements under none of these conditions: ${unexplained.length}`);
for (const each of unexplained.slice(0, 5)) console.log(JSON.stringify(each));

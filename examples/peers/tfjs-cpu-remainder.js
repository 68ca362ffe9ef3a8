/**
 * TensorFlow.js as in tfjs-cpu.js, with all that known.js describes set aside: the rest should agree.
 *
 *     node ../../dist/cli/etalon.js verify tfjs-cpu-remainder.js --cases 5000
 */
import { knownOf } from "./known.js";
import tfjs from "./tfjs-cpu.js";

/** @param {string} name @param {Function} operation */
const remainder = (name, operation) => (inputs, options, cotangents) => {
  const answer = operation(inputs, options);
  if (answer.skipped || !cotangents) return answer;
  const gradients = knownOf(name, "gradients", inputs, options);
  return gradients ? { ...answer, gradientError: `known: ${gradients.name}` } : operation(inputs, options, cotangents);
};

/** @param {string} name @param {Function} operation */
const withoutKnown = (name, operation) => (inputs, options, cotangents) => {
  const answers = knownOf(name, "answer", inputs, options);
  if (!answers) return remainder(name, operation)(inputs, options, cotangents);
  try {
    const { skipped } = operation(inputs, options);
    return { skipped: skipped ?? `known: ${answers.name}` };
  } catch {
    return { skipped: `known: ${answers.name}` };
  }
};

export default {
  ...tfjs,
  name: `${tfjs.name}, known disagreements set aside`,
  operations: Object.fromEntries(Object.entries(tfjs.operations).map(([name, operation]) => [name, withoutKnown(name, operation)])),
};

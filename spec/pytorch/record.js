/**
 * Records PyTorch's answers to a few cases of every operation, and to a few recurrent networks, so that the library is held against them also where
 * PyTorch is missing.
 *
 *     node spec/pytorch/record.js          needs a Python with PyTorch: python3, or the one that ETALON_PYTHON names
 */
import { writeFileSync } from "node:fs";
import { runnerImport } from "vite";

const { module: { askPyTorch, comparable, findPython, startPyTorch, toLine } } = await runnerImport("./spec/pytorch/pytorch.ts");
const { module: { askNetworks } } = await runnerImport("./spec/pytorch/recurrent-networks.ts");
const python = findPython();
if (python === undefined) throw new Error("expected a Python with PyTorch, got none");
const pytorch = await startPyTorch(python);
const lines = [];
for (const operation of comparable) {
  const { answered } = await askPyTorch(pytorch, operation, 60, 11);
  lines.push(...answered.map(toLine).filter((line) => line.length <= 6000).slice(0, 13));
}
await pytorch.close();
console.log(`${lines.length} cases of ${comparable.length} operations, ${write("sample.jsonl", lines)} KB`);

// One of each cell, number of layers and number of directions: the shortest with several units, samples and inputs.
const networks = new Map();
for (const network of askNetworks(python, 11, 300)) {
  const [kind, line] = [`${network.cell} ${network.layers} ${network.ways.length}`, JSON.stringify(network)];
  const isLong = networks.get(kind)?.length <= line.length;
  if (!isLong && Math.min(network.units, network.inputs) > 1 && network.input.shape[1] > 1) networks.set(kind, line);
}
console.log(`${networks.size} networks, ${write("recurrent-networks.jsonl", [...networks.values()])} KB`);

function write(name, texts) {
  const text = `${texts.join("\n")}\n`;
  writeFileSync(new URL(name, import.meta.url), text);
  return Math.ceil(text.length / 1024);
}

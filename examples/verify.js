// npm start: verifies the example implementation, or the candidate that is named: npm start -- CANDIDATE [options]
const words = process.argv.slice(2);
const named = words.some((word, i) => word.startsWith("--command") || (!word.startsWith("-") && (i === 0 || !words[i - 1]?.startsWith("--"))));
process.argv.splice(2, words.length, "verify", ...(named ? [] : ["examples/candidates/im2col.ts"]), ...words);
await import("../dist/cli/etalon.js");

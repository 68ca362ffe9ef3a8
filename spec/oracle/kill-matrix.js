/**
 * Runs every variant as a candidate over every operation that it applies to, and writes what rejects it to docs/oracle/kill-matrix.md.
 *
 *     npm run kill-matrix                      the whole, pairs of habits too: some ten minutes
 *     npm run kill-matrix NAME…                only the rows of these operations; the other rows stay
 *     npm run kill-matrix -- --pairs 100       only so many pairs of habits
 *     npm run kill-matrix -- --list            only the list of variants: docs/oracle/variants.md
 */
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

await runnerImport("./spec/oracle/kill-matrix-run.ts", { root: fileURLToPath(new URL("../../", import.meta.url)) });

/** Scales the number of runs of a property: `npm run test:full` sets ETALON_RUNS to run many times as many. */
export const runs = (usual: number): number => Math.max(1, Math.round(usual * Number(process.env["ETALON_RUNS"] ?? 1)));

/** Scales the number of runs of a property: `npm run test:full` sets ETALON_RUNS to run many times as many. */
export const runs = (usual: number): number => Math.max(1, Math.round(usual * Number(process.env["ETALON_RUNS"] ?? 1)));

/** Whether all is run that takes long: `npm run test:full`. */
export const atLength: boolean = runs(1) >= 5;

/** Whether even that is run which takes an hour: with ETALON_EVERYTHING=1 in the environment. */
export const everything: boolean = process.env["ETALON_EVERYTHING"] === "1";

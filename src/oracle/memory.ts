/**
 * Memory: what a candidate was asked since it began, and whether a wrong answer of its depends on that.
 *
 * A candidate that keeps something from one call to the next may answer a case wrong after others, and right alone. Where a second instance of it
 * can be begun, that one is asked the smallest case of a failure alone. If it is right, a case is looked for after which it is wrong: fresh instances are
 * asked ever more of the last questions before it, and then the latest that is needed is found by halving.
 *
 * @module
 */
import type { Candidate, Request } from "./protocol.ts";

/** The questions that a candidate was asked since it began, the latest ones last. @internal */
export interface Memory {
  readonly note: (request: Request) => void;
  readonly asked: () => readonly Request[];
}

/** What a wrong answer owes to earlier questions. */
export interface Kept {
  /** A case after which alone it is wrong; absent where none was found. */
  readonly after?: Request;
}

/** Questions that are kept. */
const longest = 1024;
/** Failures of one run for which an earlier case is looked for: each may begin seventeen instances. */
const mostSearches = 5;
/** By what factor the questions grow that are asked again at once: five times suffices for all that are kept. */
const growth = 4;

/** A memory of nothing. @internal */
export function newMemory(): Memory {
  const requests: Request[] = [];
  return {
    note: (request) => {
      requests.push(request);
      if (requests.length > longest) requests.shift();
    },
    asked: () => requests.slice(),
  };
}

/** A second instance of a candidate, which tells whether a wrong answer depends on what the first was asked before. @internal */
export interface Witness {
  /**
   * Whether a case is answered right where nothing was asked before, and after which other it is not.
   *
   * @param isRight - asks a candidate the case
   * @returns nothing where it is wrong alone, too, or where there cannot be two instances
   */
  readonly dependence: (isRight: (alone: Candidate) => Promise<boolean>) => Promise<Kept | undefined>;
  readonly close: () => Promise<void>;
}

/**
 * A witness, which is begun when it is first needed.
 *
 * @param memory - what the candidate itself was asked
 *
 * @internal
 */
export function newWitness(candidate: Candidate, memory: Memory): Witness {
  const { another } = candidate;
  let searched = 0;
  let beside: Awaited<ReturnType<NonNullable<typeof another>>> | undefined;
  return {
    dependence: async (isRight) => {
      if (another === undefined) return undefined;
      const isRightAfter = async (before: readonly Request[]): Promise<boolean> => {
        const fresh = await another();
        try {
          for (const request of before) await fresh.run(request);
          return await isRight(fresh);
        } finally {
          await fresh.close();
        }
      };
      try {
        // One that was asked nothing but the smallest cases of other failures is as good as fresh to find what is wrong anyway.
        beside ??= await another();
        if (!(await isRight(beside)) || !(await isRightAfter([]))) return undefined;
      } catch {
        return undefined; // it does not start twice
      }
      return searched++ < mostSearches ? await culprit(memory.asked(), isRightAfter) : {};
    },
    close: async () => beside?.close(),
  };
}

/** The latest question after which alone a case is wrong, if one suffices: of the last questions ever more are asked, and then half of them. */
async function culprit(asked: readonly Request[], isRightAfter: (before: readonly Request[]) => Promise<boolean>): Promise<Kept> {
  const last = (count: number): readonly Request[] => asked.slice(Math.max(0, asked.length - count));
  let [enough, tooFew] = [1, 0];
  try {
    while (await isRightAfter(last(enough))) {
      if (enough >= asked.length) return {};
      [enough, tooFew] = [enough * growth, enough];
    }
    while (enough - tooFew > 1) {
      const middle = Math.floor((enough + tooFew) / 2);
      if (await isRightAfter(last(middle))) tooFew = middle;
      else enough = middle;
    }
    const [needed] = last(enough);
    return needed === undefined || await isRightAfter([needed]) ? {} : { after: needed };
  } catch {
    return {}; // it did not start once more, or threw at what it had answered before
  }
}

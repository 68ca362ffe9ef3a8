/**
 * `etalon serve`: the reference on standard input and output, for any language.
 *
 * @module
 */
import { answerLine } from "../oracle/service.ts";
import { lineReader } from "./lines.ts";

/**
 * Answers every line of the input, in order, each as soon as it is made, until `stop` or the end of the input.
 *
 * @param release - the version that `start` names
 * @returns when the input has ended and all answers are written
 *
 * @internal
 */
export async function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, release: string): Promise<void> {
  let stopped = false;
  const lines: string[] = [];
  const reader = lineReader((line) => lines.push(line));
  const answerAll = async (): Promise<void> => {
    for (let line = lines.shift(); line !== undefined && !stopped; line = lines.shift()) {
      const answer = answerLine(line, release);
      if (answer?.stop) stopped = true;
      else if (answer !== undefined && !output.write(`${answer.line}\n`)) await new Promise((resolve) => output.once("drain", resolve));
    }
  };
  for await (const bytes of input) {
    reader.push(bytes as Buffer);
    await answerAll();
    if (stopped) return;
  }
  reader.end();
  await answerAll();
}

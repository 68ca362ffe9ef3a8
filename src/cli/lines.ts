/**
 * Lines out of a stream of bytes, of any length, whatever the pieces in which they come.
 *
 * @module
 */

/** Takes bytes as they come, and gives each line as soon as it ends. */
export interface LineReader {
  readonly push: (bytes: Buffer) => void;
  /** The stream has ended: what is left is a last line. */
  readonly end: () => void;
}

/**
 * Cuts a stream into lines; `\r\n` ends a line as `\n` does.
 *
 * @param onLine - gets each line without its end
 * @param longest - tells the bytes after which a line without end is given up
 * @param onFlood - called once when a line is longer
 *
 * @internal
 */
export function lineReader(onLine: (line: string) => void, longest: () => number = () => Infinity, onFlood: () => void = () => {}): LineReader {
  let pieces: Buffer[] = [];
  let waiting = 0;
  let flooded = false;
  const emit = (): void => {
    const line = Buffer.concat(pieces).toString("utf8");
    pieces = [];
    waiting = 0;
    onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  };
  return {
    push: (bytes) => {
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0 && !flooded; end = bytes.indexOf(10, start)) {
        pieces.push(bytes.subarray(start, end));
        start = end + 1;
        emit();
      }
      if (flooded || start >= bytes.length) return;
      pieces.push(bytes.subarray(start));
      waiting += bytes.length - start;
      if (waiting > longest()) {
        flooded = true;
        pieces = [];
        waiting = 0;
        onFlood();
      }
    },
    end: () => {
      if (waiting > 0) emit();
    },
  };
}

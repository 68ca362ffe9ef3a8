/** Piano rolls: notes as bars, high where they sound high, one behind the other. */
import { drawing, faint, fixed, lines, text } from "./svg.ts";
import type { Titled } from "./svg.ts";

/** A note that is drawn. */
export interface DrawnNote {
  /** In half tones. */
  readonly pitch: number;
  /** In eighths. */
  readonly length: number;
  /** "given" is grey, "right" blue, "wrong" orange and only an outline. */
  readonly kind: "given" | "right" | "wrong";
}

/** Notes under a caption. */
export interface Roll {
  readonly caption: string;
  readonly notes: readonly DrawnNote[];
}

const colours = { given: faint, right: "#0072b2", wrong: "#d55e00" } as const;
const [eighth, halfTone, left] = [7, 6, 20];

/** Rolls one below the other, cut off after so many eighths; a rule stands before every bar. */
export function pianoRolls(settings: Titled & { readonly rolls: readonly Roll[]; readonly bar: number; readonly eighths: number }): string {
  const { rolls, bar, eighths } = settings;
  const pitches = rolls.flatMap(({ notes }) => notes.map(({ pitch }) => pitch));
  const [lowest, highest] = [Math.min(...pitches), Math.max(...pitches)];
  const height = (highest - lowest + 1) * halfTone;
  const parts = rolls.flatMap(({ caption, notes }, row) => {
    const top = 70 + row * (height + 44);
    const rules = Array.from({ length: Math.floor(eighths / bar) + 1 }, (_, i) => `M${fixed(left + i * bar * eighth)} ${fixed(top)}v${fixed(height)}`);
    let start = 0;
    const bars = notes.map(({ pitch, length, kind }) => {
      const [x, y] = [left + start * eighth, top + (highest - pitch) * halfTone];
      start += length;
      if (start > eighths) return "";
      const ink = kind === "wrong" ? `fill="#ffffff" stroke="${colours.wrong}" stroke-width="1.5"` : `fill="${colours[kind]}"`;
      return `<rect x="${fixed(x + 0.8)}" y="${fixed(y + 0.5)}" width="${fixed(length * eighth - 1.6)}" height="${fixed(halfTone - 1)}" ${ink}/>`;
    });
    return [text(left, top - 10, caption), `<path d="${rules.join("")}" stroke="${lines}"/>`, ...bars.filter((each) => each !== "")];
  });
  return drawing(settings, 2 * left + eighths * eighth, 70 + rolls.length * (height + 44) - 24, parts);
}

/** Numbers in English words. */

const small = [
  "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
  "sixteen", "seventeen", "eighteen", "nineteen",
];
const tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/** A whole number below a million, word by word: 307 is three, hundred, and, seven. */
export function numberWords(value: number): readonly string[] {
  const [thousands, rest] = [Math.floor(value / 1000), value % 1000];
  if (thousands > 0) return [...numberWords(thousands), "thousand", ...(rest === 0 ? [] : [...(rest < 100 ? ["and"] : []), ...numberWords(rest)])];
  const [hundreds, below] = [Math.floor(value / 100), value % 100];
  if (hundreds > 0) return [small[hundreds]!, "hundred", ...(below === 0 ? [] : ["and", ...numberWords(below)])];
  if (value < 20) return [small[value]!];
  return [tens[Math.floor(value / 10)]!, ...(value % 10 === 0 ? [] : [small[value % 10]!])];
}

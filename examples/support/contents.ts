/** All examples, by the name under which they are run, in the order of the notes. */
import * as cat from "../cat.ts";
import * as cnnAgainstRnn from "../cnn-against-rnn.ts";
import * as digits from "../digits.ts";
import * as dropoutAndPooling from "../dropout-and-pooling.ts";
import * as filters from "../filters.ts";
import * as gradientFlow from "../gradient-flow.ts";
import * as gruAgainstLstm from "../gru-against-lstm.ts";
import * as melody from "../melody.ts";
import * as missingLetter from "../missing-letter.ts";
import * as names from "../names.ts";
import * as numberWords from "../number-words.ts";
import * as recall from "../recall.ts";
import * as recurrentTable from "../recurrent-table.ts";
import * as smoothing from "../smoothing.ts";
import * as template from "../template.ts";
import * as trainingTable from "../training-table.ts";
import * as weather from "../weather.ts";
import type { Example } from "./show.ts";

export const examples: Readonly<Record<string, Example>> = {
  digits, cat, template, filters, smoothing, "dropout-and-pooling": dropoutAndPooling, "training-table": trainingTable,
  recall, "gradient-flow": gradientFlow, "gru-against-lstm": gruAgainstLstm, "cnn-against-rnn": cnnAgainstRnn, "recurrent-table": recurrentTable,
  weather, names, "missing-letter": missingLetter, "number-words": numberWords, melody,
};

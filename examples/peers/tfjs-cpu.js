/**
 * A candidate: the released TensorFlow.js on its plain JavaScript backend, through tfjs.js.
 *
 *     npm run build                                            (at the top of the repository)
 *     npm ci && npm run verify                                 (here)
 */
import * as tf from "@tensorflow/tfjs";
import { tfjsCandidate } from "./tfjs.js";

export default await tfjsCandidate(tf, "cpu");

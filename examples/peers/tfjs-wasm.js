/**
 * A candidate: the released TensorFlow.js on its WebAssembly backend, through tfjs.js.
 *
 *     npm run build                                            (at the top of the repository)
 *     npm ci && npm run wasm                                   (here)
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { tfjsCandidate } from "./tfjs.js";

export default await tfjsCandidate(tf, "wasm");

/**
 * TensorFlow.js as in tfjs-wasm.js, with all that known.js describes set aside: the rest should agree.
 *
 *     node ../../dist/cli/etalon.js verify tfjs-wasm-remainder.js --cases 5000
 */
import { known, knownOfWasm, remainder } from "./known.js";
import tfjs from "./tfjs-wasm.js";

export default remainder(tfjs, [...known, ...knownOfWasm]);

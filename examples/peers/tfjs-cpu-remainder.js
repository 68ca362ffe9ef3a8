/**
 * TensorFlow.js as in tfjs-cpu.js, with all that known.js describes set aside: the rest should agree.
 *
 *     node ../../dist/cli/etalon.js verify tfjs-cpu-remainder.js --cases 5000
 */
import { known, remainder } from "./known.js";
import tfjs from "./tfjs-cpu.js";

export default remainder(tfjs, known);

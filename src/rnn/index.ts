/**
 * Recurrent networks: the second half of the notes.
 *
 * @module
 */
export { bidirectional, reverse } from "./bidirectional.ts";
export type { BothDirections, Merge } from "./bidirectional.ts";
export type { CellGradient, CellSize } from "./cell.ts";
export { gruCost, historyCost, lstmCost, simpleRnnCost } from "./counting.ts";
export type { CellCost, HistorySize } from "./counting.ts";
export type { GateParams, PeepholeGateParams } from "./gate.ts";
export { gradientFlow } from "./gradient-flow.ts";
export type { GradientFlow } from "./gradient-flow.ts";
export type { CellName, CellParams } from "./gate-stack.ts";
export { Gru, gruStep, gruStepBackward } from "./gru.ts";
export type { GruCandidateParams, GruOptions, GruParams, GruSettings, GruState } from "./gru.ts";
export { fromKeras, fromOnnx, fromPyTorch, fromTensorFlow1, toKeras, toOnnx, toPyTorch, toTensorFlow1 } from "./layouts.ts";
export type { KerasWeights, NamedTensors, OnnxAttributes, OnnxWeights, PerDirection, PyTorchNames } from "./layouts.ts";
export { reverseSteps } from "./lengths.ts";
export { Lstm, lstmStep, lstmStepBackward } from "./lstm.ts";
export type { LstmOptions, LstmParams, LstmSettings, LstmState } from "./lstm.ts";
export { everyStep, everyStepLoss, hiddenState, lastStep } from "./readout.ts";
export type { HiddenState, ReadoutParams } from "./readout.ts";
export { residualCell, residualSequence } from "./residual.ts";
export { encoderDecoder, greedyDecode } from "./sequence-to-sequence.ts";
export type { Decoded, EncoderDecoder, GreedyDecodeOptions } from "./sequence-to-sequence.ts";
export { SimpleRnn, simpleRnnStep, simpleRnnStepBackward } from "./simple-rnn.ts";
export type { SimpleRnnOptions, SimpleRnnParams, SimpleRnnSettings, SimpleRnnState } from "./simple-rnn.ts";
export { stacked } from "./stacked.ts";
export type { AnySequence, PerLayer } from "./stacked.ts";
export { truncated } from "./truncated.ts";
export { scan } from "./unroll.ts";
export type { Cell, PreparedCell, Sequence } from "./unroll.ts";
export { fromZeros, zeroState } from "./zero-state.ts";
export type { Steps } from "./zero-state.ts";

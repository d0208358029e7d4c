/**
 * GradMQ for TypeScript and JavaScript: a worker that pushes gradients and follows parameters, and a coordinator
 * from afar.
 *
 * What one counts (versions, sequences, clocks, octets, milliseconds) is a `number`; what only names something
 * (epoch, instance, incarnation, layout id) is a `bigint`, of which every 64-bit value is told exactly.
 *
 * @packageDocumentation
 */

export type { ConnectOptions } from "./client/options.js";
export type { CallOptions } from "./client/wait.js";
export type { Compression } from "./compress/compressor.js";
export type { ChangeOptions } from "./coordinator/connection.js";
export { type AddOptions, Coordinator } from "./coordinator/coordinator.js";
export type {
    AnnouncementEvent,
    CoordinatorEvent,
    HeartbeatEvent,
    MalformedEvent,
    NoticeEvent,
    StepEvent,
} from "./coordinator/events.js";
export type { ModelInput } from "./coordinator/load.js";
export type { Loaded, LoadOptions } from "./coordinator/model.js";
export type { Description, Limits, Operation, Status, WorkerInfo } from "./coordinator/reports.js";
export type { Group, Settings, SettingsChange, SettingsInForce } from "./coordinator/settings.js";
export { type CodeName, codeName, codeSentence, codes, GradmqError } from "./errors.js";
export type { DispositionName, KindName, NoticeName, StateName } from "./names.js";
export type { DtypeName } from "./tensor/dtype.js";
export { Layout, type TensorInfo, type TensorSpec } from "./tensor/layout.js";
export { type BaseInput, Parameters, type ParameterTensor } from "./tensor/parameters.js";
export type { Ack, Position, Range } from "./wire/ack.js";
export type { Verdict, WorkerOptions, WorkerStats } from "./worker/options.js";
export type { MetricInput, PushKind, PushOptions } from "./worker/push-options.js";
export type { Numbers, Rows, Tensor, TensorInput, TensorsInput } from "./worker/tensors.js";
export { Worker } from "./worker/worker.js";

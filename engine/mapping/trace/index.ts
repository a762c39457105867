/** Where each field of a mapping's result comes from: what everything outside of this folder imports. */
export { AmbiguousEdit, type Choice, type Edited, editTarget } from './edit.ts'
export { codeLookedUp, editCode, WITH_CODE } from './edit-code.ts'
export { type ExplainedIssue, explainFailure, explainIssue, explainTraced, type FailedAt } from './explain.ts'
export type { Span } from './syntax.ts'
export { type Target, type Trace, traceIfReadable, traceMapping } from './trace.ts'

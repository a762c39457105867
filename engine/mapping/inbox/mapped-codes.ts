import type { RetentionTask } from '../../delivery/retention.ts'
import { chosenDocuments } from '../../delivery/retention-tasks.ts'
import type { DocumentStore } from '../../store/ports.ts'
import { KIND, type UnmappedCode } from './unmapped-code.ts'

/** Codes for which no message waits any more, because they were mapped or because nothing is left of the messages. */
export function mappedCodes(documents: DocumentStore, days: number): RetentionTask {
  return chosenDocuments<UnmappedCode>(documents, {
    name: 'mapped-codes',
    kind: KIND,
    days,
    mayGo: ({ body: { waits, rerun } }) => waits === 0 && rerun?.state !== 'running',
  })
}

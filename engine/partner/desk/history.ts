import type { StoredDocument } from '../../store/ports.ts'
import { wrong } from './checks.ts'
import { type CodeChanges, changesBetween } from './code-changes.ts'
import type { EditHead, EditStore, EditVersion } from './edit-store.ts'

const HISTORY = 50

export type EditRecord = Pick<EditVersion, 'version' | 'by' | 'at' | 'why' | 'backTo' | 'asTemplate'> & {
  /** Of the code table: the codes that this version changed. */
  codes?: CodeChanges
}

/** Of a file, the newest first, at most fifty. */
export async function historyOf(edits: EditStore, head: StoredDocument<EditHead> | undefined): Promise<EditRecord[]> {
  const records: EditRecord[] = []
  let content = head && (await edits.version(head.body.current))
  while (content !== undefined && records.length < HISTORY) {
    const before: EditVersion | undefined = content.before ? await edits.version(content.before) : undefined
    records.push(recordOf(content, before))
    content = before
  }
  return records
}

/** The text that a file had as a version. @throws CartageError invalid `template.no-version` */
export async function textOfVersion(
  edits: EditStore,
  head: StoredDocument<EditHead> | undefined,
  version: number,
): Promise<string> {
  let content = head && (await edits.version(head.body.current))
  // What the template got anew in between has nobody's name, and the number of the edit that it came upon.
  const isOther = (one: EditVersion) => one.version > version || (one.version > 0 && one.by === '')
  while (content !== undefined && isOther(content) && content.before) content = await edits.version(content.before)
  if (content?.version !== version || typeof content.text !== 'string')
    throw wrong('template.no-version', 'version', 'is not kept')
  return content.text
}

function recordOf({ version, by, at, why, backTo, asTemplate, codes }: EditVersion, before?: EditVersion): EditRecord {
  return {
    ...{ version, by, at, asTemplate },
    ...(why !== undefined && { why }),
    ...(backTo !== undefined && { backTo }),
    ...(codes !== undefined && { codes: changesBetween(before?.codes ?? {}, codes) }),
  }
}

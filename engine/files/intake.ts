import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CrashPoint } from '../delivery/crash-points.ts'
import { deriveId } from '../delivery/ids.ts'
import { CartageError, categoryOf } from '../errors.ts'
import type { Json } from '../json.ts'
import type { AppendOutcome, Clock, DocumentStore, NewMessage } from '../store/ports.ts'
import { claim, hasGrown, leftBehind } from './claim.ts'
import { type FileRecordState, FileRecords } from './intake-record.ts'
import type { Entry, Place } from './place.ts'
import { putAway } from './put-away.ts'
import { Readiness } from './ready.ts'
import { type FileRecord, recordsOf } from './records.ts'
import { MAX_REJECTED, type Rejected, rejectedBy, reportOf } from './report.ts'
import { fieldOfRow, placed, rowByRow } from './row-check.ts'
import { isTooLarge, tooLarge } from './too-large.ts'
import type { FileFormat, FilesIn } from './types.ts'
import { headersOf, MAX_NAME, type Reason, reasonOf, unusable } from './unusable.ts'

export interface FileIntakeDeps {
  partner: string
  box: FilesIn
  format: FileFormat
  /** The channel that records are stored on. */
  channel: string
  /** A place of its own for each look, closed after it. */
  open: () => Promise<Place>
  /** Folder of this machine for the file that is being read. */
  spool: string
  /** Of a file: a larger one is refused, and no byte of it is copied. */
  maxBytes: number
  documents: DocumentStore
  clock: Clock
  publish: (messages: NewMessage[]) => Promise<AppendOutcome[]>
  /** Throws why a record cannot be used, as its mapping will; nothing is done with what it gives. */
  check: (body: Json, receivedAt: string) => Promise<void>
  /** The business object of a record, by the box's `key`. */
  keyOf: (body: Json) => Promise<string | undefined>
  crash?: CrashPoint
}

/** What one look did, for the badge and for metrics. */
export interface Looked {
  taken: { name: string; records: number; rejected: number }[]
  failed: { name: string; code: string }[]
  /** Names that are taken by nobody, such as links. */
  refused: string[]
  waiting: number
}

/** Errors that say nothing of the record. */
const PASSING = new Set<string>(['transient', 'outage', 'throttled'])
/** Stored in one commit. */
const BATCH = 200
/**
 * Takes in the files of a box: each that is whole is copied here, checked from the first to the last record, and only then stored
 * record by record. Ids follow from the file's name, its content and the row, so a crash in the middle stores nothing twice; the
 * file is put away when all of it is on disk. Not for two looks at once: of several processes the one that leads looks.
 */
export class FileIntake {
  readonly #deps: FileIntakeDeps
  readonly #records: FileRecords
  readonly #readiness: Readiness
  #mayGoOn: () => boolean = () => true

  constructor(deps: FileIntakeDeps) {
    this.#deps = deps
    this.#records = new FileRecords(deps.documents)
    this.#readiness = new Readiness(deps.box)
  }

  /** One look. A file that fails for reasons outside of it stays for the next, and does not hold up the others. */
  async look(mayGoOn: () => boolean = () => true): Promise<Looked> {
    const place = await this.#deps.open()
    this.#mayGoOn = mayGoOn
    try {
      const { ready, waiting, refused } = this.#readiness.look(await place.list(this.#deps.box.folder))
      const looked: Looked = {
        ...{ taken: [], failed: [], waiting: waiting.length },
        refused: refused.map(({ name }) => name.slice(0, MAX_NAME)),
      }
      const { box } = this.#deps
      const problems: unknown[] = []
      const take = async (entry: Entry, path: string | undefined) => {
        if (path === undefined) return
        await this.#take(place, entry, path, looked).catch((error) => this.#giveUp(place, entry, path, looked, error))
      }
      const tasks = [
        ...(await leftBehind(place, box)).map(
          ({ entry, path }) =>
            () =>
              take(entry, path),
        ),
        ...ready.map((entry) => async () => {
          // It stays where it is: the partner sees that it was not taken, and its place has room for it.
          if (entry.size > this.#deps.maxBytes) await this.#refuse(entry, tooLarge(this.#deps.maxBytes), looked)
          else await take(entry, await claim(place, box, entry))
        }),
      ]
      for (const task of tasks) {
        if (!mayGoOn()) break
        await task().catch((error) => problems.push(error))
      }
      if (problems.length > 0) throw problems[0]
      return looked
    } finally {
      await place.close()
    }
  }

  async #take(place: Place, entry: Entry, path: string, looked: Looked): Promise<void> {
    const { partner, box, spool, maxBytes } = this.#deps
    const mark = this.#markOf(entry)
    if (box.after === 'mark' && (await this.#records.isMarked(mark))) return
    await mkdir(spool, { recursive: true, mode: 0o700 })
    const copy = join(spool, `${partner}.${box.name}`)
    try {
      if (entry.size > maxBytes) throw tooLarge(maxBytes)
      const fetched = await place.fetch(path, copy, maxBytes)
      if (!fetched) return
      const id = deriveId('file', partner, box.name, entry.name, fetched.hash)
      const file = { ...fetched, name: entry.name, copy, id }
      const known = await this.#records.get(file.id)
      // What failed took nothing in: it may have been the template's fault, and is tried anew when somebody puts it back.
      const isOver = known?.body.state === 'done'
      const state = isOver ? await this.#again(file.id, known.body, known.version) : await this.#settle(place, file)
      // Somebody who still had it open wrote on: the next look reads it anew, as another file.
      if (box.after !== 'mark' && (await hasGrown(place, box, entry, fetched.size))) return
      const failed = state.state === 'failed' || state.state === 'refused'
      if (box.after === 'mark') await this.#records.mark(mark, entry.name)
      else
        await putAway(place, path, {
          folder: `${box.folder}/${failed ? 'failed' : 'done'}`,
          name: entry.name,
          hash: file.hash,
        })
      this.#deps.crash?.('file.after-move')
      if (!isOver) await this.#end(file.id, failed)
      if (failed) looked.failed.push({ name: entry.name, code: state.reason?.code ?? '' })
      else if (!isOver) looked.taken.push({ name: entry.name, records: state.records, rejected: state.rejected })
    } finally {
      await rm(copy, { force: true })
    }
  }

  /** One that was claimed and turned out to be too large while it was copied goes where refused ones go. */
  async #giveUp(place: Place, entry: Entry, path: string, looked: Looked, error: unknown): Promise<void> {
    if (!isTooLarge(error)) throw error
    const { box } = this.#deps
    const { name } = entry
    const hash = this.#markOf(entry)
    await this.#refuse(entry, error, looked)
    if (box.after === 'mark') await this.#records.mark(hash, name)
    else await putAway(place, path, { folder: `${box.folder}/failed`, name, hash })
  }

  /** Told once of each, however often it is looked at. */
  async #refuse(entry: Entry, error: CartageError, looked: Looked): Promise<void> {
    const { name } = entry
    const dead = unusable(this.#deps, { id: this.#markOf(entry), name }, 'file', reasonOf(error))
    const [outcome] = await this.#deps.publish([dead])
    if (outcome === 'stored') looked.failed.push({ name, code: error.code })
  }

  #markOf({ name, size, modifiedAt }: Entry): string {
    const { partner, box } = this.#deps
    return deriveId('file-mark', partner, box.name, name, String(size), String(modifiedAt))
  }

  /** From whatever an earlier run left to `stored` or `refused`. */
  async #settle(place: Place, file: SpooledFile): Promise<FileRecordState> {
    const { clock } = this.#deps
    const found = await this.#records.get(file.id)
    if (found?.body.state === 'stored' || found?.body.state === 'refused') return found.body
    const startedAt = found?.body.startedAt ?? clock.now()
    const begun = await this.#records.put(file.id, { ...this.#blank(file), startedAt }, found?.version ?? 0)
    const checked = await this.#check(file, startedAt)
    const { partner, box } = this.#deps
    const counts = { records: checked.records, rejected: checked.rows.size }
    if (checked.rejected.length > 0 && box.after !== 'mark') {
      const folder = checked.reason ? 'failed' : 'done'
      await place.put(`${box.folder}/${folder}/${reportName(file)}`, reportOf(checked.rejected))
    }
    if (checked.reason) {
      await this.#deps.publish([unusable(this.#deps, file, 'file', checked.reason)])
      const refused = { ...begun.body, ...counts, state: 'refused' as const, reason: checked.reason }
      return (await this.#records.put(file.id, refused, begun.version)).body
    }
    await this.#store(file, checked)
    this.#deps.crash?.('file.after-records')
    const stored = { ...begun.body, ...counts, partner, state: 'stored' as const }
    return (await this.#records.put(file.id, stored, begun.version)).body
  }

  #blank({ name, hash, size }: SpooledFile): Omit<FileRecordState, 'startedAt'> {
    const { partner, box } = this.#deps
    return { state: 'storing', partner, box: box.name, name, hash, size, records: 0, rejected: 0, again: 0 }
  }

  /** Reads all of it once, and stores nothing: a file that is cut off, or may only be taken whole, leaves no trace of itself. */
  async #check(file: SpooledFile, startedAt: number): Promise<Checked> {
    const receivedAt = new Date(startedAt).toISOString()
    const checked: Checked = { records: 0, rejected: [], rows: new Map() }
    try {
      const lines: number[] = []
      for await (const record of recordsOf(file.copy, this.#deps.format, rowByRow(this.#deps.box))) {
        checked.records += 1
        lines.push(record.row)
        if (checked.records % BATCH === 0) this.#stopIfTold()
        const error = await this.#faultOf(record, receivedAt)
        if (error === undefined) continue
        checked.rejected.push(...this.#rejects(record.row, error))
        checked.rows.set(record.row, reasonOf(error))
        if (checked.rows.size > MAX_REJECTED)
          throw new CartageError('invalid', 'files.rejects', `more than ${MAX_REJECTED} records cannot be used`)
      }
      if (checked.records === 0) throw new CartageError('invalid', 'files.empty', 'it holds no record')
      if (this.#deps.box.checkRows && checked.rows.size === 0) await this.#checkWhole(file, receivedAt, lines, checked)
      if ((this.#deps.box.allOrNothing || this.#deps.box.checkRows) && checked.rows.size > 0)
        throw new CartageError(
          'invalid',
          'files.all-or-nothing',
          `${checked.rows.size} of ${checked.records} records cannot be used, and it is taken whole or not at all`,
        )
    } catch (error) {
      if (!(error instanceof CartageError) || error.category !== 'invalid') throw error
      checked.reason = reasonOf(error)
      if (checked.rows.size === 0) checked.rejected.push(...rejectedBy(0, error))
    }
    return checked
  }

  /** What only all rows together show, such as an id that is given twice. */
  async #checkWhole(file: SpooledFile, receivedAt: string, lines: number[], checked: Checked): Promise<void> {
    for await (const record of recordsOf(file.copy, this.#deps.format, this.#deps.box)) {
      const error = await this.#faultOf(record, receivedAt)
      if (error === undefined) continue
      for (const reject of placed(rejectedBy(0, error), lines)) {
        checked.rejected.push(reject)
        checked.rows.set(reject.row, reasonOf(error))
      }
    }
  }

  #rejects(row: number, error: unknown): Rejected[] {
    const rejects = rejectedBy(row, error)
    return this.#deps.box.checkRows
      ? rejects.map((reject) => ({ ...reject, field: fieldOfRow(reject.field) }))
      : rejects
  }

  async #faultOf(record: FileRecord, receivedAt: string): Promise<unknown> {
    if ('fault' in record) return record.fault
    try {
      await this.#deps.check(record.body, receivedAt)
      await this.#deps.keyOf(record.body)
      return undefined
    } catch (error) {
      if (PASSING.has(categoryOf(error))) throw error
      return error
    }
  }

  /** In the middle of a file, too: whoever goes on with it finds what is stored. */
  #stopIfTold(): void {
    if (!this.#mayGoOn()) throw new CartageError('transient', 'files.stopped', 'stopped in the middle of a file')
  }

  async #store(file: SpooledFile, { rows }: Checked): Promise<void> {
    let batch: NewMessage[] = []
    const flush = async () => {
      this.#stopIfTold()
      await this.#deps.publish(batch)
      batch = []
      this.#deps.crash?.('file.after-batch')
    }
    for await (const record of recordsOf(file.copy, this.#deps.format, this.#deps.box)) {
      const reason = rows.get(record.row)
      if (reason) batch.push(unusable(this.#deps, file, String(record.row), reason, record))
      else if ('body' in record) batch.push(await this.#message(file, record))
      if (batch.length >= BATCH) await flush()
    }
    if (batch.length > 0) await flush()
  }

  async #message(file: SpooledFile, record: Extract<FileRecord, { body: Json }>): Promise<NewMessage> {
    const id = deriveId('file-record', file.id, String(record.row))
    const key = (await this.#deps.keyOf(record.body)) ?? id
    const { channel } = this.#deps
    const headers = headersOf(this.#deps, file, record.row)
    return {
      id,
      channel,
      key,
      payload: record.body,
      headers,
      correlationId: key,
      ...(record.raw && { raw: record.raw }),
    }
  }

  async #again(id: string, state: FileRecordState, version: number): Promise<FileRecordState> {
    return (await this.#records.put(id, { ...state, again: state.again + 1 }, version)).body
  }

  async #end(id: string, failed: boolean): Promise<void> {
    const found = await this.#records.get(id)
    if (!found) return
    const ended = {
      ...found.body,
      state: failed ? ('failed' as const) : ('done' as const),
      endedAt: this.#deps.clock.now(),
    }
    await this.#records.put(id, ended, found.version)
  }
}

interface SpooledFile {
  id: string
  name: string
  hash: string
  size: number
  /** Where its copy is. */
  copy: string
}

interface Checked {
  records: number
  rejected: Rejected[]
  /** Records that are not taken in, by row, and the first thing that is wrong with each. */
  rows: Map<number, Reason>
  /** Why nothing of the file is taken in. */
  reason?: Reason
}

function reportName({ name, hash }: SpooledFile): string {
  return `${name.slice(0, 200)}.${hash.slice(0, 8)}.rejected.csv`
}

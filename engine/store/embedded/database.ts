import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { CartageError } from '../../errors.ts'
import { busy, damaged, full } from '../failures.ts'

export type Parameter = null | number | string | Uint8Array

/** One SQLite connection with its prepared statements kept. */
export class Database {
  readonly file: string
  readonly #connection: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #changes = 0

  constructor(file: string, options: { busyMs: number; readOnly?: boolean }) {
    this.file = file
    this.#connection = new DatabaseSync(file, {
      timeout: options.busyMs,
      readOnly: options.readOnly ?? false,
      enableForeignKeyConstraints: true,
    })
  }

  get inTransaction(): boolean {
    return this.#connection.isTransaction
  }

  /** Rows changed since opening, as far as these methods saw them: whether an operation has left anything to undo. */
  get changes(): number {
    return this.#changes
  }

  /** Every statement used so far, for those who judge their query plans. */
  get prepared(): string[] {
    return [...this.#statements.keys()]
  }

  /** Runs several statements without parameters. */
  exec(sql: string): void {
    this.#connection.exec(sql)
  }

  get<Row>(sql: string, ...parameters: Parameter[]): Row | undefined {
    return this.#statement(sql).get(...parameters) as Row | undefined
  }

  all<Row>(sql: string, ...parameters: Parameter[]): Row[] {
    return this.#statement(sql).all(...parameters) as Row[]
  }

  /** The rows one by one, for more than should be held at once. */
  iterate<Row>(sql: string, ...parameters: Parameter[]): IterableIterator<Row> {
    return this.#statement(sql).iterate(...parameters) as unknown as IterableIterator<Row>
  }

  /** For a statement that changes one row and returns it. */
  change<Row>(sql: string, ...parameters: Parameter[]): Row | undefined {
    const row = this.#statement(sql).get(...parameters) as Row | undefined
    if (row !== undefined) this.#changes++
    return row
  }

  /** Number of rows changed. */
  run(sql: string, ...parameters: Parameter[]): number {
    const changes = Number(this.#statement(sql).run(...parameters).changes)
    this.#changes += changes
    return changes
  }

  /** Row id of the new row, or undefined when nothing was inserted. */
  insert(sql: string, ...parameters: Parameter[]): number | undefined {
    const { changes, lastInsertRowid } = this.#statement(sql).run(...parameters)
    if (Number(changes) === 0) return undefined
    this.#changes++
    return Number(lastInsertRowid)
  }

  close(): void {
    this.#statements.clear()
    this.#connection.close()
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#connection.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

// Primary result codes, https://sqlite.org/rescode.html; the extended code carries them in its low byte.
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

/** The primary SQLite result code of an error, if it is one of SQLite. */
export function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

export const isBusy = (error: unknown) => sqliteCode(error) === SQLITE_BUSY || sqliteCode(error) === SQLITE_LOCKED

export const isDiskTrouble = (error: unknown) => sqliteCode(error) === SQLITE_FULL || sqliteCode(error) === SQLITE_IOERR

/** What callers of the ports see of an SQLite error. */
export function translated(error: unknown, file: string): unknown {
  switch (sqliteCode(error)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return busy(error)
    case SQLITE_FULL:
      return full(error)
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(file, (error as Error).message, error)
    case SQLITE_IOERR:
      return new CartageError('transient', 'store.io', `The disk of the store ${file} reports an error.`, {
        cause: error,
      })
    default:
      return error
  }
}

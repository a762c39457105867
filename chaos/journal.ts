import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'

/** Something that the hub has acknowledged, or that a partner was told. */
export interface Entry {
  kind: string
  key: string
  /** Epoch milliseconds of the driver's clock. */
  at: number
  data?: Record<string, unknown>
}

/** A file with one line per entry, each synced to the disk before it counts: the hub is judged by it, not by memory. */
export class Journal {
  readonly file: string
  readonly #descriptor: number

  constructor(file: string) {
    this.file = file
    this.#descriptor = openSync(file, 'a')
  }

  write(kind: string, key: string, data?: Entry['data']): void {
    const entry: Entry = { kind, key, at: Date.now(), ...(data && { data }) }
    writeSync(this.#descriptor, `${JSON.stringify(entry)}\n`)
    fsyncSync(this.#descriptor)
  }

  /** Everything written so far, from the disk. */
  entries(kind?: string): Entry[] {
    const lines = readFileSync(this.file, 'utf8').split('\n').slice(0, -1)
    const all = lines.map((line) => JSON.parse(line) as Entry)
    return kind === undefined ? all : all.filter((entry) => entry.kind === kind)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

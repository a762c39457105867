import type { Rejected } from './report.ts'
import type { FilesIn } from './types.ts'

/** How a file whose rows are checked by themselves is read for that. */
export function rowByRow(box: FilesIn): FilesIn {
  return box.checkRows ? { ...box, split: 'record' } : box
}

/** Checked by itself a row is a list of one: `items.0.weightKg` is its `weightKg`. */
export function fieldOfRow(field: string): string {
  return field.replace(/^[a-zA-Z]+\.0(\.|$)/, '')
}

/** What is wrong with the whole names the place in its list, `items.3.sku`: that is the line of the file. */
export function placed(rejects: readonly Rejected[], lines: readonly number[]): Rejected[] {
  return rejects.map((reject) => {
    const [, at, field = ''] = /^[a-zA-Z]+\.(\d+)(?:\.(.*))?$/.exec(reject.field) ?? []
    const row = at === undefined ? undefined : lines[Number(at)]
    return row === undefined ? reject : { ...reject, row, field }
  })
}

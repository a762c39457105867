import { badFormat } from '../failure.ts'

/** Something wrong with an interchange. `code`: what the acknowledgement of the standard calls it, where it has a code. */
export interface Fault {
  what: string
  /** Number of the segment within the interchange, from 1. */
  at: number
  /** `ST`, `SE`: the segment; `SE01`: the element; in EDIFACT `DTM0102`: its component. */
  place: string
  /** The level that it makes unusable; an element makes its message unusable. */
  level: 'interchange' | 'group' | 'message' | 'segment' | 'element'
  code?: string
}

export function refuse(format: 'x12' | 'edifact', { what, at, place }: Fault): never {
  throw badFormat(format, what, placeOf({ at, place }))
}

export function placeOf({ at, place }: Pick<Fault, 'at' | 'place'>): string {
  return `segment ${at}, ${place}`
}

import { badFormat } from '../failure.ts'

/** Something wrong with an interchange. `code`: what the acknowledgement of the standard calls it, where it has a code. */
export interface Fault {
  what: string
  /** Number of the segment within the interchange, from 1. */
  at: number
  /** `ST`, `SE`: the segment; `SE01`: the element. */
  place: string
  /** The level that it makes unusable. */
  level: 'interchange' | 'group' | 'message' | 'segment'
  code?: string
}

export function refuse(format: 'x12' | 'edifact', { what, at, place }: Fault): never {
  throw badFormat(format, what, `segment ${at}, ${place}`)
}

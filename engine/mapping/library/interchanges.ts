import { isDateTime } from '../../canonical/formats.ts'
import { acknowledge } from '../../formats/edi/acknowledge.ts'
import { FunctionError, type Given, isBlank, type LibraryFunction, wordOf } from './function.ts'

const NAME = '$acknowledgement'

function acknowledgement(
  format: Given<string>,
  interchange: Given<string | Uint8Array>,
  time: Given<string>,
): { accepted: boolean; text: string } | undefined {
  if (isBlank(format) || isBlank(interchange)) return undefined
  const known = wordOf(NAME, 'the format', format, ['x12', 'edifact'] as const)
  if (typeof time !== 'string' || !isDateTime(time)) throw new FunctionError(NAME, 'the time has an offset', time)
  if (typeof interchange !== 'string' && !(interchange instanceof Uint8Array))
    throw new FunctionError(NAME, 'an interchange is a text or bytes')
  const answer = acknowledge(known, interchange as string | Uint8Array, Date.parse(time))
  return answer && { accepted: answer.accepted, text: answer.reply.toString('latin1') }
}

export const INTERCHANGES: LibraryFunction[] = [
  {
    name: 'acknowledgement',
    run: acknowledgement,
    group: 'interchanges',
    signature: '$acknowledgement("x12" or "edifact", interchange, time)',
    summary:
      'What the sender of an interchange is told of its syntax, as { accepted, text }: a 997 for X12, a CONTRL for EDIFACT, with the segment that is wrong. Nothing for an interchange that itself only acknowledges. What does not even begin as one is an error.',
    examples: [
      {
        expression: '$acknowledgement("edifact", text, "2026-03-02T09:05:00Z").accepted',
        input: { text: "UNB+UNOC:3+US:ZZ+THEM:ZZ+260302:0900+7'UNH+1+IFTMIN:D:96A:UN'BGM+610+1+9'UNT+3+1'UNZ+1+7'" },
        result: true,
      },
      {
        expression: '$acknowledgement("edifact", text, "2026-03-02T09:05:00Z").accepted',
        input: { text: "UNB+UNOC:3+US:ZZ+THEM:ZZ+260302:0900+7'UNH+1+IFTMIN:D:96A:UN'BGM+610+1+9'UNT+4+1'UNZ+1+7'" },
        result: false,
      },
      {
        expression: '$acknowledgement("x12", "UNB+", "2026-03-02T09:05:00Z")',
        error: 'does not begin with a whole ISA',
      },
    ],
  },
]

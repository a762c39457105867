import { textOf } from '../text.ts'

/** Encodings by syntax identifier (ISO 9735): what UNOA and UNOB allow is ASCII, what others call ISO 8859-1 is often windows-1252. */
const ENCODINGS: Record<string, string> = {
  UNOC: 'windows-1252',
  UNOD: 'iso-8859-2',
  UNOE: 'iso-8859-5',
  UNOF: 'iso-8859-7',
}

/** The text of an interchange: of EDIFACT in the encoding that it names itself. What is a text already stays as it is. */
export function interchangeText(format: 'x12' | 'edifact', given: Uint8Array | string, charset?: string): string {
  if (typeof given === 'string') return given
  const head = Buffer.from(given.subarray(0, 60)).toString('latin1')
  const syntax = format === 'edifact' ? (/UNB.(UNO[A-Z])/.exec(head)?.[1] ?? '') : ''
  return textOf(format, given, charset ?? ENCODINGS[syntax])
}

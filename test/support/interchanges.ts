/** A small X12 interchange with two statuses; `control` is its number, `change` spoils its segments. */
export function x12Statuses(control: number, change: (segments: string[]) => string[] = (same) => same): string {
  const isa = `ISA*00*          *00*          *ZZ*FICTCARRIER    *ZZ*FICTSHIPPER    *260302*1510*U*00401*${String(control).padStart(9, '0')}*0*T*>`
  return change([
    ...[isa, `GS*QM*FICTCARRIER*FICTSHIPPER*20260302*1510*${control}*X*004010`],
    ...['ST*214*0001', 'B10*PRO1*80001042*FICT', 'LX*1', 'AT7*X3*NS***20260302*0805*LT', 'SE*5*0001'],
    ...['ST*214*0002', 'B10*PRO2*80001043*FICT', 'SE*3*0002'],
    ...[`GE*2*${control}`, `IEA*1*${String(control).padStart(9, '0')}`],
  ])
    .map((segment) => `${segment}~\n`)
    .join('')
}

/** A 997 of the partner for the group with this control number. */
export function x12Acknowledgement(control: number, of: number | string, outcome = 'A', more: string[] = []): string {
  const number = String(control).padStart(9, '0')
  const segments = ['ST*997*0001', `AK1*SM*${of}`, ...more, `AK9*${outcome}*1*1*${outcome === 'A' ? 1 : 0}`]
  return [
    `ISA*00*          *00*          *ZZ*FICTCARRIER    *ZZ*FICTSHIPPER    *260302*1510*U*00401*${number}*0*T*>`,
    `GS*FA*FICTCARRIER*FICTSHIPPER*20260302*1510*${control}*X*004010`,
    ...[...segments, `SE*${segments.length + 1}*0001`, `GE*1*${control}`, `IEA*1*${number}`],
  ]
    .map((segment) => `${segment}~\n`)
    .join('')
}

/** What a mapping gives for an X12 document. */
export const X12_TENDER = {
  interchange: { sender: 'FICTSHIPPER', receiver: 'FICTCARRIER', date: '260302', time: '0900', test: true },
  groups: [{ transactions: [{ set: '204', segments: [{ tag: 'B2', B202: 'FICT', B204: '80001042', B206: 'PP' }] }] }],
}

export const EDIFACT_INSTRUCTION = {
  interchange: { sender: 'US', receiver: 'THEM', date: '260302', time: '0900' },
  messages: [{ type: 'IFTMIN', version: 'D96A', segments: [{ tag: 'BGM', BGM0101: '610', BGM0201: '80001042' }] }],
}

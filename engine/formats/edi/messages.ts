import type { Loops } from './loops.ts'

/** Where the loops of X12 transaction sets begin (release 004010); of other sets every segment stands at the top. */
export const X12_LOOPS: Readonly<Record<string, Loops>> = {
  204: {
    N1: { has: 'N2 N3 N4 L11 G61' },
    N7: { has: 'N7A N7B MEA M7' },
    S5: {
      has: 'L11 G62 AT8 LAD NTE PLD AT5',
      loops: { N1: { has: 'N2 N3 N4 G61' }, L5: { has: 'AT8' }, OID: { has: 'G62 LAD' } },
    },
  },
  990: { S5: { has: 'G62' } },
  214: {
    N1: { has: 'N2 N3 N4 G62 L11' },
    LX: { has: 'L11 MAN Q7 K1 AT5 AT8 CD3 NM1', loops: { AT7: { has: 'MS1 MS2 M7' } } },
  },
  210: { N1: { has: 'N2 N3 N4 N9' }, N7: { has: 'M7' }, LX: { has: 'N9 POD L5 H1 H2 L0 L1 L4 L7 K1' } },
  856: { HL: { until: 'HL CTT', loops: { N1: { has: 'N2 N3 N4 REF PER FOB' } } } },
  940: {
    N1: { has: 'N2 N3 N4 N9 PER' },
    LX: { has: 'N9 MAN', loops: { W01: { has: 'G69 N9 W20 QTY AMT G66' } } },
  },
  945: { N1: { has: 'N2 N3 N4 N9 PER' }, LX: { has: 'MAN PAL', loops: { W12: { has: 'G69 N9 QTY' } } } },
  997: { AK2: { has: 'AK5', loops: { AK3: { has: 'AK4' } } } },
}

/** The functional group that a transaction set travels in. */
export const X12_GROUPS: Readonly<Record<string, string>> = {
  204: 'SM',
  990: 'GF',
  214: 'QM',
  210: 'IM',
  856: 'SH',
  940: 'OW',
  945: 'SW',
  997: 'FA',
}

const PARTIES: Loops = { NAD: { has: 'LOC RFF', loops: { CTA: { has: 'COM' } } } }

/** The same for EDIFACT messages; the segment groups of their directories as far as these need them. */
export const EDIFACT_LOOPS: Readonly<Record<string, Loops>> = {
  IFTMIN: { ...PARTIES, GID: { has: 'FTX MEA DIM HAN TMP PIA', loops: { PCI: { has: 'GIN RFF' } } } },
  IFTSTA: { ...PARTIES, CNI: { has: 'LOC CNT', loops: { STS: { has: 'RFF DTM DOC FTX NAD LOC TDT PCI GIN EQD' } } } },
  DESADV: {
    ...PARTIES,
    CPS: {
      has: 'FTX',
      loops: {
        PAC: { has: 'MEA QTY', loops: { PCI: { has: 'RFF DTM GIN' } } },
        LIN: { has: 'PIA IMD MEA QTY ALI GIN DTM FTX RFF' },
      },
    },
  },
  CONTRL: { UCM: { has: '', loops: { UCS: { has: 'UCD' } } } },
}

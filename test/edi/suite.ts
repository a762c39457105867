import assert from 'node:assert/strict'
import { SlaTimers } from '../../engine/delivery/sla.ts'
import { noteAcknowledged } from '../../engine/edi/acknowledged.ts'
import { takeControlNumbers } from '../../engine/edi/control-numbers.ts'
import { numberOutgoing, type Outgoing, SENT_KIND, type SentInterchange } from '../../engine/edi/outgoing.ts'
import { receive } from '../../engine/edi/received.ts'
import { answerTo } from '../../engine/formats/edi/acknowledge.ts'
import { examine } from '../../engine/formats/edi/examine.ts'
import { EDIFACT_INSTRUCTION, X12_TENDER, x12Acknowledgement, x12Statuses } from '../support/interchanges.ts'
import { type OpenTestStore, storeBench } from '../support/store-bench.ts'

const HOUR_MS = 3_600_000

/** What holds of control numbers and acknowledgements on every store. */
export function ediSuite(name: string, open?: OpenTestStore): void {
  describe(`interchanges, ${name}`, () => {
    const bench = storeBench(open)
    const of = { partner: 'acme', format: 'x12' as const }
    const deps = () => {
      const { documents, timers, motor } = bench.store
      return { documents, clock: bench.clock, sla: new SlaTimers({ documents, timers, motor }) }
    }
    const send = (id: string, more: Partial<Outgoing> = {}) =>
      numberOutgoing({ id, ...of, content: X12_TENDER, ...more }, deps())
    const acknowledge = (text: string) => noteAcknowledged('acme', 'x12', examine('x12', text).messages[0]!, deps())
    const sent = async (id: string) => (await bench.store.documents.get<SentInterchange>(SENT_KIND, id))?.body
    const overdue = async () =>
      (await bench.store.timers.claimDue('sla.edi-node', { limit: 10, leaseMs: 1000 })).map(({ payload }) => payload)

    it('gives each control number once, to however many ask at once', async () => {
      const numbers = await Promise.all(Array.from({ length: 25 }, () => takeControlNumbers(bench.store.documents, of)))
      assert.deepEqual(
        numbers.toSorted((a, b) => a - b),
        Array.from({ length: 25 }, (_, index) => index + 1),
      )
    })

    it('counts for each partner and format by itself', async () => {
      const { documents } = bench.store
      await takeControlNumbers(documents, of, 3)
      assert.equal(await takeControlNumbers(documents, of), 4)
      assert.equal(await takeControlNumbers(documents, { ...of, partner: 'other' }), 1)
      assert.equal(await takeControlNumbers(documents, { ...of, format: 'edifact' }), 1)
    })

    it('gives the numbers of an envelope no second time, and begins no second round', async () => {
      await takeControlNumbers(bench.store.documents, of, 999_999_999)
      await assert.rejects(takeControlNumbers(bench.store.documents, of), { code: 'edi.control-exhausted' })
    })

    it('writes the number into envelope and group, and the same one when the step is repeated', async () => {
      const first = await send('step-1')
      assert.match(
        `${first.text}`,
        /\*000000001\*0\*T\*>~\nGS\*SM\*.*\*1\*X\*004010~[\s\S]*GE\*1\*1~\nIEA\*1\*000000001~/,
      )
      assert.deepEqual(await send('step-1'), first)
      const both = await Promise.all([send('step-2'), send('step-2')])
      assert.deepEqual(both[0], both[1])
      assert.notEqual(both[0].control, first.control)
    })

    it('takes what a mapping wrote already, and gives several groups numbers of their own', async () => {
      const { text } = await send('step-1')
      assert.match(`${(await send('step-2', { content: text })).text}`, /\*000000002\*/)
      const groups = [...X12_TENDER.groups, ...X12_TENDER.groups]
      const several = await send('step-3', { content: { ...X12_TENDER, groups } })
      assert.match(`${several.text}`, /GE\*1\*3~[\s\S]*GE\*1\*4~/)
      assert.equal((await send('step-4')).control, 5)
      const edifact = await send('step-5', { format: 'edifact', content: EDIFACT_INSTRUCTION })
      assert.match(`${edifact.text}`, /260302:0900\+1'[\s\S]*UNZ\+1\+1'/)
    })

    it('notes what the partner acknowledges, and waits no longer for it', async () => {
      await send('step-1', { within: { hours: 24, timer: 'edi-node' } })
      assert.deepEqual(await acknowledge(x12Acknowledgement(7, 1)), {
        ...{ control: '1', outcome: 'accepted', faults: [], known: true },
      })
      assert.equal((await sent('step-1'))?.state, 'accepted')
      bench.clock.advance(25 * HOUR_MS)
      assert.deepEqual(await overdue(), [])
    })

    it('notes what is refused, with segment and element', async () => {
      await send('step-1')
      const text = x12Acknowledgement(7, '0001', 'R', ['AK2*204*0001', 'AK3*G62*9**8', 'AK4*2**8', 'AK5*R*5'])
      const said = await acknowledge(text)
      assert.deepEqual([said?.outcome, said?.faults], ['refused', ['204 0001, segment 9 G62, element 2: 8']])
      assert.deepEqual((await sent('step-1'))?.faults, said?.faults)
      await acknowledge(x12Acknowledgement(8, 1))
      assert.equal((await sent('step-1'))?.state, 'refused')
    })

    it('loses no refusal behind an acceptance that comes at the same moment', async () => {
      const ids = ['step-1', 'step-2', 'step-3', 'step-4']
      for (const [index, id] of ids.entries()) {
        const { control } = await send(id)
        const both = [
          x12Acknowledgement(7, control),
          x12Acknowledgement(8, control, 'P'),
          x12Acknowledgement(9, control, 'R'),
        ]
        await Promise.all((index % 2 === 0 ? both : both.toReversed()).map(acknowledge))
      }
      assert.deepEqual(
        await Promise.all(ids.map(async (id) => (await sent(id))?.state)),
        ids.map(() => 'refused'),
      )
    })

    it('notes every set of every group that a partner acknowledges with', async () => {
      for (const id of ['step-1', 'step-2', 'step-3']) await send(id)
      const [head, , ...rest] = x12Acknowledgement(7, 1, 'R').split('\n')
      const group = (control: number, ...of: number[]) => {
        const sets = of.map((one, index) => `ST*997*${index + 1}~AK1*SM*${one}~AK9*R*1*1*0~SE*4*${index + 1}~`)
        return `GS*FA*FICTCARRIER*FICTSHIPPER*20260302*1510*${control}*X*004010~${sets.join('')}GE*${of.length}*${control}~`
      }
      const end = rest.find((segment) => segment.startsWith('IEA'))!.replace('IEA*1', 'IEA*2')
      const { messages } = examine('x12', [head, group(7, 1, 2), group(8, 3), end].join(''))
      for (const message of messages) await noteAcknowledged('acme', 'x12', message, deps())
      const states = ['step-1', 'step-2', 'step-3'].map(async (id) => (await sent(id))?.state)
      assert.deepEqual(await Promise.all(states), ['refused', 'refused', 'refused'])
    })

    it('says once when nobody acknowledges in time, however often the step was repeated', async () => {
      for (let tried = 0; tried < 3; tried++) await send('step-1', { within: { hours: 24, timer: 'edi-node' } })
      bench.clock.advance(23 * HOUR_MS)
      assert.deepEqual(await overdue(), [])
      bench.clock.advance(2 * HOUR_MS)
      const [notice, ...more] = (await overdue()) as { key: string; phase: string }[]
      assert.deepEqual([notice?.key, notice?.phase, more], ['acme x12 1', 'breach', []])
    })

    it('knows no acknowledgement of what it never sent, nor one for another partner', async () => {
      await send('step-1')
      assert.equal((await acknowledge(x12Acknowledgement(7, 99)))?.known, false)
      const other = examine('x12', x12Acknowledgement(7, 1)).messages[0]!
      assert.equal((await noteAcknowledged('other', 'x12', other, deps()))?.known, false)
    })

    it('understands the CONTRL that another would send for what it sent', async () => {
      const { text } = await send('step-1', { format: 'edifact', content: EDIFACT_INSTRUCTION })
      const reply = answerTo(examine('edifact', text), bench.clock.now())!.reply
      const said = await noteAcknowledged('acme', 'edifact', examine('edifact', reply).messages[0]!, deps())
      assert.deepEqual(said, { control: '1', outcome: 'accepted', faults: [], known: true })
      const spoiled = `${text}`.replace(/BGM\+610/, 'BGM+')
      const refused = answerTo(examine('edifact', spoiled), bench.clock.now())!.reply
      const second = await noteAcknowledged('acme', 'edifact', examine('edifact', refused).messages[0]!, deps())
      assert.deepEqual([second?.outcome, second?.faults], ['refused', ['IFTMIN 1, segment 2, element 1: 13']])
    })

    it('recognises an inbound control number that came before, and the same one with other content', async () => {
      const take = async (owner: string, payload: string) =>
        (await receive({ partner: 'acme', owner, payload }, bench.store.keys)).outcome
      assert.equal(await take('m1', x12Statuses(5)), 'first')
      assert.equal(await take('m1', x12Statuses(5)), 'again')
      assert.equal(await take('m2', x12Statuses(5)), 'repeated')
      assert.equal(await take('m3', x12Statuses(5).replace('PRO1', 'PRO9')), 'conflict')
      assert.equal(await take('m4', x12Statuses(6)), 'first')
    })

    for (const [what, payload, code] of [
      ['nothing', '', 'edi.format'],
      ['another format', '{"a":1}', 'edi.format'],
      ['half an envelope', 'ISA*00*', 'format.x12'],
      ['delimiters that are data', `ISA${'A'.repeat(200)}`, 'format.x12'],
      ['service characters that are data', "UNAAAAAAAUNB+x'", 'format.edifact'],
    ] as const)
      it(`refuses ${what}`, () =>
        assert.rejects(receive({ partner: 'acme', owner: 'm1', payload }, bench.store.keys), { code }))
  })
}

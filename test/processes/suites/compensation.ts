import assert from 'node:assert/strict'
import { CartageError } from '../../../engine/errors.ts'
import type { Answer } from '../../../engine/partner/answer.ts'
import { Compensation } from '../../../engine/processes/compensation.ts'
import type { StepToRemember } from '../../../engine/processes/process-record.ts'
import { type OpenTestStore, storeBench } from '../../support/store-bench.ts'

const NAME = { process: 'delivery', shipmentId: 'shp_1' }
const DONE: Answer = { outcome: 'answered', status: 200, body: null }
const NO: Answer = { outcome: 'refused', status: 409, messages: [{ code: 'TOO_LATE', message: 'the van has left' }] }
const AWAY = new CartageError('outage', 'partner.down', 'the partner is down')

const step = (name: string, more: Partial<StepToRemember> = {}): StepToRemember => ({
  ...{ name, partner: 'somebody', operation: 'cancel', input: { value: 'shipment', type: 'msg' }, seen: {} },
  ...more,
})

export function compensationSuite(store: string, open?: OpenTestStore): void {
  describe(`compensation on the ${store} store`, () => {
    const bench = storeBench(open)
    let compensation: Compensation
    let asked: string[]
    beforeEach(() => {
      compensation = new Compensation({ documents: bench.store.documents, clock: bench.clock })
      asked = []
    })

    /** Undoes; what each step is told stands in `answers` by its name, and is "done" otherwise. */
    const undo = (answers: Record<string, Answer | Error> = {}, over = false) =>
      compensation.undo(NAME, {
        over,
        async undo({ name }) {
          asked.push(name)
          const answer = answers[name] ?? DONE
          if (answer instanceof Error) throw answer
          return answer
        },
      })
    const remember = async (...names: string[]) => {
      for (const name of names) await compensation.remember(NAME, step(name))
    }

    it('undoes in reverse what was remembered, and says when', async () => {
      await remember('stock reserved', 'courier booked', 'date told')
      const { undone, stuck } = await undo()
      assert.deepEqual(asked, ['date told', 'courier booked', 'stock reserved'])
      const at = new Date(bench.clock.now()).toISOString()
      assert.deepEqual(undone[0], { step: 'date told', partner: 'somebody', at })
      assert.deepEqual(stuck, [])
    })

    it('has nothing to do where nothing was remembered, and the second time', async () => {
      assert.deepEqual(await undo(), { undone: [], stuck: [] })
      await remember('courier booked')
      await undo()
      assert.equal((await undo()).undone.length, 1)
      assert.deepEqual(asked, ['courier booked'])
    })

    it('goes on behind a no, and says it in the words of the partner', async () => {
      await remember('stock reserved', 'courier booked')
      const { undone, stuck } = await undo({ 'courier booked': NO })
      assert.deepEqual(stuck, [
        { step: 'courier booked', partner: 'somebody', code: 'TOO_LATE', why: 'the van has left' },
      ])
      assert.deepEqual(
        undone.map(({ step }) => step),
        ['stock reserved'],
      )
    })

    it('is stuck at once, and asks nobody, where nothing undoes a step', async () => {
      await compensation.remember(NAME, step('label printed', { operation: '', noUndo: 'paper is paper' }))
      const { stuck } = await undo()
      assert.deepEqual(
        stuck.map(({ code, why }) => [code, why]),
        [['compensation.no-undo', 'paper is paper']],
      )
      assert.deepEqual(asked, [])
    })

    it('undoes the others while one partner is away, and goes on there', async () => {
      await remember('stock reserved', 'courier booked', 'date told')
      await assert.rejects(undo({ 'courier booked': AWAY }), { code: 'partner.down' })
      assert.equal((await undo()).undone.length, 3)
      assert.deepEqual(asked, ['date told', 'courier booked', 'stock reserved', 'courier booked'])
    })

    it('fails by what passes when several fail: it is given again', async () => {
      await remember('stock reserved', 'courier booked')
      const wrong = new CartageError('invalid', 'mapping.failed', 'the mapping is wrong')
      await assert.rejects(undo({ 'courier booked': wrong, 'stock reserved': AWAY }), { code: 'partner.down' })
      await assert.rejects(undo({ 'courier booked': wrong }), { code: 'mapping.failed' })
    })

    it('takes a step that is told again for the same, also after it was undone', async () => {
      await remember('courier booked', 'courier booked')
      await undo()
      await remember('courier booked')
      assert.equal((await undo()).undone.length, 1)
      assert.deepEqual(asked, ['courier booked'])
    })

    it('takes another booking for another step, and undoes both', async () => {
      for (const bookingId of ['B-1', 'B-2', 'B-1'])
        await compensation.remember(NAME, step('courier booked', { seen: { answer: { bookingId } } }))
      await undo()
      assert.deepEqual(asked, ['courier booked', 'courier booked'])
    })

    it('says of what is remembered late that the process is over, once it was undone for good', async () => {
      assert.equal((await compensation.remember(NAME, step('stock reserved'))).over, false)
      await undo()
      assert.equal((await compensation.remember(NAME, step('courier booked'))).over, false)
      await undo({}, true)
      assert.equal((await compensation.remember(NAME, step('date told'))).over, true)
      await undo()
      assert.deepEqual(asked, ['stock reserved', 'courier booked', 'date told'])
    })

    it('lets what takes effect later stand once the process goes on after all', async () => {
      await undo({}, true)
      await compensation.goOn(NAME)
      assert.equal((await compensation.remember(NAME, step('date told'))).over, false)
    })

    it('keeps the newest of a step that comes again and again, and has room for the others', async () => {
      for (let day = 0; day < 60; day += 1)
        await compensation.remember(NAME, step('date told', { seen: { answer: { day } } }))
      await compensation.remember(NAME, step('courier booked'))
      const { undone } = await undo()
      assert.deepEqual([undone.length, undone[0]?.step, undone[1]?.step], [21, 'courier booked', 'date told'])
    })

    it('leaves other processes and other shipments alone', async () => {
      await remember('courier booked')
      const other = { process: 'return', shipmentId: 'shp_1' }
      await compensation.remember(other, step('label made'))
      await compensation.remember({ ...NAME, shipmentId: 'shp_2' }, step('label made'))
      await undo()
      assert.deepEqual(asked, ['courier booked'])
      const states = (await compensation.of('shp_1')).map(({ process, steps }) => [process, steps[0]?.state])
      assert.deepEqual(states.toSorted(), [
        ['delivery', 'undone'],
        ['return', 'done'],
      ])
    })

    it('asks nobody to undo a booking that was called off elsewhere, and still undoes the next one and what others did', async () => {
      const booked = (bookingId: string, partner = 'somebody') =>
        compensation.remember(
          NAME,
          step('courier booked', { partner, seen: { booking: { partner: 'somebody', bookingId, bookedAt: '' } } }),
        )
      await booked('B-1')
      await booked('B-1', 'a warehouse')
      await compensation.calledOff('shp_1', { partner: 'somebody', bookingId: 'B-1' })
      await compensation.calledOff('shp_1', { partner: 'somebody', bookingId: 'never made' })
      await booked('B-1')
      await booked('B-2')
      const { undone } = await undo()
      assert.deepEqual(asked, ['courier booked', 'courier booked'])
      const [record] = await compensation.of('shp_1')
      assert.deepEqual(
        [undone.length, record?.steps.map(({ partner, seen }) => [partner, seen.booking?.bookingId])],
        [
          3,
          [
            ['somebody', 'B-1'],
            ['a warehouse', 'B-1'],
            ['somebody', 'B-2'],
          ],
        ],
      )
    })

    it('loses nothing when many remember and undo at once', async () => {
      const names = Array.from({ length: 12 }, (_, n) => `step ${n}`)
      await Promise.all([...names.map((name) => remember(name)), undo()])
      await undo()
      const [record] = await compensation.of('shp_1')
      assert.deepEqual(record?.steps.map(({ name }) => name).toSorted(), names.toSorted())
      assert.ok(record?.steps.every(({ state }) => state === 'undone'))
    })

    it('refuses to grow without end', async () => {
      const fill = async () => {
        for (let n = 0; n <= 50; n += 1) await remember(`step ${n}`)
      }
      await assert.rejects(fill(), { code: 'compensation.too-many' })
    })
  })
}

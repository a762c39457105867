import assert from 'node:assert/strict'
import type { DocumentStore } from '../../../../engine/store/ports.ts'
import type { Profile } from '../../../../engine/partner/profile-types.ts'
import { TrialRecords } from '../../../../engine/partner/trial/records.ts'
import { Trials } from '../../../../engine/partner/trial/trials.ts'
import type { Trial } from '../../../../engine/partner/trial/types.ts'
import { folderOf } from '../../../../engine/mapping/catalogue.ts'
import { type OpenTestStore, storeBench } from '../../../support/store-bench.ts'
import { templateOf } from '../../../support/templates.ts'

/** Trials are jobs with records: begun, followed, broken off and kept alike on every store. */
export function trialsSuite(open?: OpenTestStore): void {
  const bench = storeBench(open)
  const profiles = new Map<string, Profile>()
  const process = (documents: DocumentStore = bench.store.documents) =>
    new Trials({
      ...{ documents, clock: bench.clock, profiles },
      samples: folderOf,
      version: (partner) => `version of ${partner}`,
      account: () => undefined,
      complain: (error) => assert.fail(String(error)),
    })
  before(() => {
    for (const slug of ['traccar', 'netsuite', 'infor-ion']) profiles.set(slug, templateOf(slug))
  })

  it('run one after another, and each is kept with its checks, version and who began it', async () => {
    const trials = process()
    const begun = await Promise.all(['traccar', 'infor-ion'].map((slug) => trials.start(slug, 'ana')))
    await trials.idle()
    for (const { id, partner } of begun) {
      const { state, checks, version, startedBy, progress } = await trials.get(partner, id)
      assert.deepEqual([state, version, startedBy], ['done', `version of ${partner}`, 'ana'])
      assert.ok(checks.length > 3)
      assert.deepEqual(progress, { done: checks.length, total: checks.length })
    }
  })

  it('are shown to nobody under the name of another partner', async () => {
    const trials = process()
    const { id } = await trials.start('traccar', 'ana')
    await assert.rejects(trials.get('netsuite', id), { code: 'trial.unknown-trial' })
    await assert.rejects(trials.cancel('netsuite', id), { code: 'trial.unknown-trial' })
    await assert.rejects(trials.get('nobody', id), { code: 'trial.unknown-partner' })
    await trials.stop()
  })

  it('are ended by another process than the one that runs them', async () => {
    const [one, other] = [process(), process()]
    const { id } = await one.start('netsuite', 'ana')
    assert.equal((await other.cancel('netsuite', id)).state, 'cancelled')
    await one.idle()
    assert.equal((await one.get('netsuite', id)).state, 'cancelled')
  })

  it('of a process that has died are over, and say so', async () => {
    const records = new TrialRecords(bench.store.documents, bench.clock)
    await records.add(trialOf('left-behind'))
    assert.equal((await records.get('traccar', 'left-behind')).state, 'running')
    bench.clock.advance(100_000)
    const { state, error } = await records.get('traccar', 'left-behind')
    assert.equal(state, 'failed')
    assert.match(error ?? '', /has stopped/)
  })

  it('of one partner are kept as far as anybody looks back, the newest first', async () => {
    const records = new TrialRecords(bench.store.documents, bench.clock)
    for (let nth = 0; nth < 25; nth += 1) {
      bench.clock.advance(1_000)
      await records.add({ ...trialOf(`kept-${nth}`), partner: 'infor-ion' })
    }
    const kept = await records.list('infor-ion')
    assert.equal(kept.length, 20)
    assert.equal(kept[0]?.id, 'kept-24')
  })

  it('that are too many at once are put off, and none of the others suffers', async () => {
    const trials = process()
    for (let nth = 0; nth < 10; nth += 1) {
      profiles.set(`copy-${nth}`, { ...templateOf('infor-ion'), id: `copy-${nth}` })
      await trials.start(`copy-${nth}`, 'ana')
    }
    await assert.rejects(trials.start('traccar', 'ana'), { code: 'trial.busy', category: 'throttled' })
    await trials.idle()
    assert.equal((await trials.list('copy-9'))[0]?.state, 'done')
    assert.equal((await trials.start('traccar', 'ana')).state, 'running')
    await trials.stop()
  })

  it('of a target that is none are refused', async () => {
    for (const target of ['production', '', 1, null, {}, ['simulator']])
      await assert.rejects(process().start('traccar', 'ana', target), { code: 'trial.target', field: 'target' })
  })

  const trialOf = (id: string): Trial => ({
    ...{ id, partner: 'traccar', target: 'simulator', version: 'v1', startedBy: 'ana', at: bench.clock.now() },
    ...{ state: 'running', progress: { done: 0, total: 3 }, checks: [], score: { passed: 0, failed: 0, skipped: 0 } },
  })
}

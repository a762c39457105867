import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { folderOf } from '../../../engine/mapping/catalogue.ts'
import { trialOf } from '../../../engine/partner/trial/run.ts'
import { type Check, failedRequired } from '../../../engine/partner/trial/types.ts'
import { templateFolders, templateIn } from '../../support/templates.ts'

/** Trials wait now and then; several at once wait together. */
const AT_ONCE = 16
/** Couriers whose samples tell a shipment's whole way. */
const WHOLE_STORY = [
  'onfleet',
  'uber-direct',
  'easypost',
  'generic-webhook',
  'generic-rest',
  'generic-polling',
  'stuart',
]

describe('the trial of every template', function () {
  this.timeout(180_000)
  const checks = new Map<string, Check[]>()
  before(async () => {
    const waiting = templateFolders()
    const work = async () => {
      for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
        const profile = templateIn(folder)
        checks.set(profile.id, await trialOf({ profile, samples: folderOf(profile) }))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  })

  for (const slug of templateFolders().map((folder) => basename(folder)))
    it(`${slug}: nothing that must pass fails`, () => {
      const failed = failedRequired({ checks: checks.get(slug) ?? [] })
      assert.deepEqual(
        failed.map(({ id, why }) => `${id}: ${why}`),
        [],
      )
      assert.ok((checks.get(slug) ?? []).some(({ outcome }) => outcome === 'passed'))
    })

  for (const slug of WHOLE_STORY)
    it(`${slug}: a shipment is told from its booking to its delivery`, () => {
      const story = checks.get(slug)?.find(({ id }) => id === 'happy-path')
      assert.equal(story?.outcome, 'passed', story?.why)
      assert.match(story?.why ?? '', /delivery\.completed$/)
    })

  it('says what to do for every check that fails or is left out', () => {
    for (const [slug, all] of checks)
      for (const { id, outcome, why } of all.filter((one) => one.outcome !== 'passed'))
        assert.match(why ?? '', /^[A-Z0-9"$].{10,}/, `${slug} ${id} ${outcome}`)
  })

  it('holds no check twice', () => {
    for (const [slug, all] of checks) assert.equal(new Set(all.map(({ id }) => id)).size, all.length, slug)
  })
})

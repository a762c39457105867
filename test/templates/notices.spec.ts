import assert from 'node:assert/strict'
import { shippedFlow } from '../support/scenario.ts'
import { evaluator, sample, samplesOf, templateFolders, templateIn } from '../support/templates.ts'

describe('words for customers', () => {
  const messengers = templateFolders()
    .map(templateIn)
    // What one begins with has words of one's own.
    .filter(({ kind, id }) => kind === 'messaging' && !id.startsWith('generic-'))
  const table = shippedFlow('courier-events').find(({ id }) => id === 'route-table')
  const [rule] = (table?.rules ?? []) as { to: string }[]

  it('are there for every milestone that the shipped flows tell them of, in every language, with every service', async () => {
    const rows = (await evaluator.evaluate(rule?.to ?? '', {})) as { event: string; customer: boolean }[]
    const milestones = rows.filter(({ customer }) => customer).map(({ event }) => event)
    assert.ok(milestones.length > 5 && messengers.length > 1)
    for (const profile of messengers) {
      const input = sample(profile, samplesOf(profile).find((name) => /^send.*\.input\.json$/.test(name)) ?? '')
      const params = Object.fromEntries(profile.parameters.map((one) => [one.name, one.default ?? one.name]))
      const source = profile.mappings[profile.operations.send?.request ?? ''] ?? assert.fail(profile.id)
      const said = (milestone: string, language: string) =>
        evaluator
          .evaluate(source, { ...input, milestone, language }, { params, key: 'k' })
          .catch((error: Error) => assert.fail(`${profile.id}, ${milestone} (${language}): ${error.message}`))
      for (const milestone of [...milestones, 'promise.rescheduled', 'promise.refused'])
        assert.notDeepEqual(await said(milestone, 'en'), await said(milestone, 'de'), `${profile.id}: ${milestone}`)
    }
  })
})

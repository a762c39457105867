import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { flowBench, type Seen } from '../support/flow-bench.ts'
import { node, probe, source } from '../support/flow-nodes.ts'
import type { FlowNode } from '../support/node-red.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

describe('a partner of one’s own', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())

  async function ask(method: string, path = '', body?: unknown) {
    const answer = await fetch(`${bench.hub.url}/editor/cartage/partners${path}`, {
      ...{ method, headers: { 'content-type': 'application/json' } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json().catch(() => undefined)) as Seen }
  }
  const listed = async (slug: string) =>
    ((await ask('GET')).body as Seen[]).find((one) => one.slug === slug) ?? assert.fail(`${slug} is not listed`)

  it('is made of a template, deployed, and hears its partner, without a restart and without a secret in its flow', async () => {
    const made = await ask('POST', '', {
      template: 'test-courier',
      label: 'Swift Van (Köln)',
      baseUrl: partners.url,
      parameters: { depot: 'D-7' },
      limits: { requestsPerSecond: 9, timeoutMs: 500 },
      serviceLevels: ['same_day', 'express'],
      cutOff: { time: '16:00', timeZone: 'Europe/Berlin' },
      codes: { set: { gone: { type: 'shipment.lost', label: 'Gone' } }, remove: ['arrived'] },
      webhookSecret: 'generate',
    })
    assert.equal(made.status, 200, JSON.stringify(made.body))
    const { slug, nodes, configNode, credentialNames, webhook } = made.body
    assert.deepEqual(
      [slug, credentialNames, webhook.credential],
      ['swift-van-koln', ['webhookSecret'], 'webhookSecret'],
    )
    assert.match(webhook.url, /\/webhooks\/swift-van-koln$/)
    assert.ok(webhook.secret.length >= 40)
    assert.doesNotMatch(JSON.stringify(nodes), new RegExp(webhook.secret))
    const profile = bench.runtime.profiles.get(slug) ?? assert.fail()
    assert.deepEqual([profile.limits.requestsPerSecond, profile.limits.maxResponseBytes], [9, 100_000])
    assert.deepEqual([profile.serviceLevels, profile.cutOff?.time], [['same_day', 'express'], '16:00'])
    assert.deepEqual(
      [profile.codes.gone?.type, profile.codes.arrived, profile.status],
      ['shipment.lost', undefined, 'draft'],
    )
    assert.equal((await listed(slug)).words, 'not deployed')
    const tab = nodes.find(({ type }: FlowNode) => type === 'tab')
    assert.match(tab.info, /made from the template test-courier in version 1\.0\.0/)

    const config = nodes.find(({ id }: FlowNode) => id === configNode)
    assert.deepEqual([config.type, config.template, config.parameters], ['partner', slug, '{"depot":"D-7"}'])
    config.credentials = { webhookSecret: webhook.secret }
    await bench.hub.deploy([
      ...nodes,
      node('tap', 'event-in', [['seen']], { z: config.z, channel: 'shipments.events', subscription: 'tap' }),
      probe('seen'),
    ])
    const body = JSON.stringify({ id: 'e-1', ref: 'SO-1', status: 'gone', at: '2026-03-02T14:47:02Z' })
    const sent = (secret: string) => fetch(`${bench.hub.url}/webhooks/${slug}`, signed(body, secret))
    assert.equal((await sent('wrong')).status, 401)
    const { count, reason } = (await listed(slug)).health.refused
    assert.deepEqual([count, reason], [1, 'signature.mismatch'])
    assert.equal((await sent(webhook.secret)).status, 202)
    await bench.settled(`webhooks.${slug}`)
    assert.deepEqual(await bench.deadLetters(`webhooks.${slug}`), [])
    const shown = await listed(slug)
    assert.deepEqual([shown.own, shown.deployed, shown.status, shown.words], [true, true, 'draft', 'draft'])
    assert.deepEqual(shown.origin, { template: 'test-courier', version: '1.0.0' })
    assert.ok(Date.parse(shown.health.lastIn) > 0)
    assert.equal(shown.health.refused, undefined)
    assert.equal(
      readFileSync(join(bench.hub.dataDir, 'flows', 'swift-van-koln.json'), 'utf8').includes(webhook.secret),
      false,
    )
  })

  it('is a draft: bookings at it wait, and nothing of them is lost', async () => {
    const { body } = await ask('POST', '', {
      template: 'test-courier',
      slug: 'held-van',
      label: 'Held van',
      baseUrl: partners.url,
    })
    await bench.deploy(
      body.nodes.find(({ type }: FlowNode) => type === 'partner'),
      source('book'),
      node('book', 'provider-connector', [['booked'], [], []], {
        ...{ partner: body.configNode, operation: 'book', input: 'payload', inputType: 'msg' },
        ...{ subject: 'payload.ref', onUnreachable: 'retry' },
      }),
      probe('booked'),
      node('look', 'provider-connector', [['found'], [], []], {
        ...{ partner: body.configNode, operation: 'depot', input: 'payload', inputType: 'msg', onUnreachable: 'retry' },
      }),
      node('looker', 'event-in', [['look']], { channel: 'look', subscription: 'look' }),
      probe('found'),
    )
    await bench.publish({ ref: 'SO-draft' })
    const soon = Date.now() + 10_000
    await eventually(async () => ((await bench.runtime.hub.store.messages.nextDue('work')) ?? 0) > soon)
    assert.equal(partners.effects('SO-draft'), 0)
    assert.equal((await bench.counts())?.dead, 0)
    await bench.publish({ ref: 'SO-draft' }, { channel: 'look' })
    await eventually(() => partners.seen.some(({ path }) => path.startsWith('/depots/')))
  })

  it('has nodes for whoever has lost them, each time with other ids', async () => {
    const [one, other] = [await ask('GET', '/held-van/flow'), await ask('GET', '/held-van/flow')]
    const types = (nodes: FlowNode[]) => nodes.map(({ type }) => type)
    assert.deepEqual(types(one.body.nodes), types(other.body.nodes))
    assert.notEqual(one.body.configNode, other.body.configNode)
    assert.deepEqual([one.body.credentialNames, 'secret' in one.body.webhook], [['webhookSecret'], false])
    assert.equal((await ask('GET', '/nobody/flow')).status, 404)
  })

  it('has a name of its own: what is taken is a clear error', async () => {
    await ask('POST', '', { template: 'test-courier', slug: 'taken-van', label: 'Taken' })
    for (const slug of ['taken-van', 'test-erp']) {
      const again = await ask('POST', '', { template: 'test-courier', slug, label: 'Again' })
      assert.deepEqual([again.status, again.body.code, again.body.field], [409, 'partner.taken', 'slug'])
    }
  })

  for (const [title, wish, code, field] of [
    ['no template', {}, 'partner.field', 'template'],
    ['a template that there is not', { template: 'nobody' }, 'template.unknown', 'template'],
    ['no label', { label: ' ' }, 'partner.label', 'label'],
    ['a slug that leads elsewhere', { slug: '../../etc' }, 'partner.slug', 'slug'],
    ['a slug in capitals', { slug: 'Van' }, 'partner.slug', 'slug'],
    ['a slug that every object has', { slug: 'constructor' }, 'partner.slug', 'slug'],
    ['a slug whose variables are the hub’s (CARTAGE_PUBLIC_URL)', { slug: 'public' }, 'partner.slug', 'slug'],
    ['a label of which nothing makes a slug', { label: '！！' }, 'partner.slug', 'slug'],
    ['a field that there is not', { apiKey: 'x' }, 'partner.field', 'apiKey'],
    ['an environment that there is not', { environment: 'moon' }, 'partner.field', 'environment'],
    ['an address without a scheme', { baseUrl: 'van.example' }, 'partner.field', 'baseUrl'],
    ['an address with a login', { baseUrl: 'https://me:secret@van.example' }, 'partner.field', 'baseUrl'],
    ['a way to log in that there is not', { way: 'magic' }, 'partner.field', 'way'],
    ['a way to log in that is no text', { way: 1 }, 'partner.field', 'way'],
    ['a parameter that there is not', { parameters: { moon: 'x' } }, 'partner.field', 'parameters.moon'],
    ['a parameter that is no text', { parameters: { depot: 7 } }, 'partner.field', 'parameters.depot'],
    ['limits that are a list', { limits: [] }, 'partner.field', 'limits'],
    ['a limit that there is not', { limits: { speed: 1 } }, 'partner.field', 'limits.speed'],
    ['a limit of nothing', { limits: { requestsPerSecond: 0 } }, 'profile.invalid', 'limits.requestsPerSecond'],
    ['a service level that there is not', { serviceLevels: ['warp'] }, 'profile.invalid', 'serviceLevels.0'],
    ['a time that is none', { cutOff: { time: '25:00' } }, 'profile.invalid', 'cutOff.time'],
    ['a zone that is none', { cutOff: { time: '12:00', timeZone: 'Mars/Base' } }, 'profile.invalid', 'cutOff.timeZone'],
    ['codes without their event', { codes: { set: { a: {} } } }, 'template.codes', 'a.type'],
    ['codes that are a list', { codes: [] }, 'partner.field', 'codes'],
    ['a secret that is no text', { webhookSecret: 7 }, 'partner.field', 'webhookSecret'],
  ] as [string, object, string, string][]) {
    it(`is not made with ${title}`, async () => {
      const usual = title === 'no template' ? {} : { template: 'test-courier' }
      const { status, body } = await ask('POST', '', { ...usual, label: 'Wrong van', ...wish })
      assert.deepEqual([status < 500, body.code, body.field], [true, code, field], JSON.stringify(body))
      assert.equal(bench.runtime.profiles.has('wrong-van'), false)
      assert.equal(existsSync(join(bench.hub.dataDir, 'partners', 'couriers', 'wrong-van')), false)
    })
  }

  it('is offered from a gallery that says what there is to answer', async () => {
    const { body: gallery } = await ask('GET', '/gallery')
    const card = gallery.find((one: Seen) => one.template === 'test-courier')
    assert.deepEqual([card.style, card.kind, card.generic], ['rest+webhook+edi', 'courier', false])
    assert.equal(
      gallery.some((one: Seen) => one.template === 'taken-van'),
      false,
      'only templates are offered',
    )
    const { body: asked } = await ask('GET', '/gallery/test-courier')
    assert.deepEqual(asked.webhook, { signature: 'hmac', needsSecret: true, secret: 'webhookSecret' })
    assert.deepEqual([asked.codes, asked.parameters[0].name, asked.limits.timeoutMs], [3, 'depot', 400])
    assert.equal((await ask('GET', '/gallery/nobody')).status, 404)
  })
})

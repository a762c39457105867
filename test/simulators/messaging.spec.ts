import assert from 'node:assert/strict'
import { ask, basic, listeningHub, simulatedPartners } from '../support/simulated-partners.ts'

describe('simulated mail and text message services', () => {
  let partners: Awaited<ReturnType<typeof simulatedPartners>>
  before(async () => {
    partners = await simulatedPartners(await listeningHub())
  })
  after(() => partners.close())

  const mail = (body: unknown, token = partners.env['CARTAGE_POSTMARK_API_KEY'] ?? '') =>
    ask(`${partners.env['CARTAGE_POSTMARK_URL']}/email`, { json: body, headers: { 'x-postmark-server-token': token } })
  const sms = (form: Record<string, string>, secret = partners.env['CARTAGE_TWILIO_API_KEY'] ?? '') => {
    const account = partners.env['CARTAGE_TWILIO_ACCOUNT_SID'] ?? ''
    return ask(`${partners.env['CARTAGE_TWILIO_URL']}/2010-04-01/Accounts/${account}/Messages.json`, {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
      headers: { authorization: basic(account, secret), 'content-type': 'application/x-www-form-urlencoded' },
    })
  }
  const letter = {
    From: 'a@example.com',
    To: 'b@example.com',
    Subject: 's',
    TextBody: 't',
    Metadata: { notice: 'n-1' },
  }

  it('take what is in order, and find a mail by its metadata', async () => {
    const { status, body } = await mail(letter)
    assert.deepEqual([status, body.ErrorCode], [200, 0])
    const found = await ask(`${partners.env['CARTAGE_POSTMARK_URL']}/messages/outbound?metadata_notice=n-1`, {
      headers: { 'x-postmark-server-token': partners.env['CARTAGE_POSTMARK_API_KEY'] ?? '' },
    })
    assert.deepEqual([found.body.TotalCount, found.body.Messages[0].MessageID], [1, body.MessageID])
    assert.equal((await sms({ To: '+15550100102', From: '+15550100199', Body: 'hello' })).body.status, 'queued')
  })

  it('know their callers', async () => {
    assert.equal((await mail(letter, 'other')).status, 401)
    assert.equal((await sms({ To: '+15550100102', From: '+1', Body: 'x' }, 'other')).status, 401)
  })

  it('refuse what cannot be sent, in their own words', async () => {
    assert.equal((await mail({ ...letter, To: 'nobody' })).body.ErrorCode, 300)
    assert.equal((await mail({ ...letter, TextBody: '' })).body.ErrorCode, 300)
    assert.equal((await mail({ ...letter, To: 'bounced@example.com' })).body.ErrorCode, 406)
    assert.equal((await sms({ To: '0123', From: '+15550100199', Body: 'x' })).body.code, 21211)
    assert.equal((await sms({ To: '+15550100102', From: '+15550100199', Body: '' })).body.code, 21602)
    assert.equal((await sms({ To: '+15550100100', From: '+15550100199', Body: 'x' })).body.code, 21610)
  })
})

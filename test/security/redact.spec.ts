// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is the syntax under test
import assert from 'node:assert/strict'
import { createRedactor } from '../../engine/security/redact.ts'
import { constantTimeEqual, resolveEnv, splitSecrets } from '../../engine/security/secrets.ts'

describe('createRedactor', () => {
  const secret = 'p@ss word/+1'
  const redactor = createRedactor({ secrets: [secret, 'ab'], personal: ['phone', 'signedBy'] })

  it('takes a secret out in every spelling it has in a request', () => {
    const spellings = [secret, encodeURIComponent(secret), 'p%40ss+word%2F%2B1', Buffer.from(secret).toString('base64')]
    for (const spelling of spellings) assert.equal(redactor.text(`key=${spelling};`), 'key=[redacted];')
  })

  it('leaves common words alone when a "secret" is too short to be one', () => {
    assert.equal(redactor.text('abacus'), 'abacus')
  })

  it('masks secret and personal fields at any depth and keeps the rest', () => {
    const input = {
      id: 7,
      headers: { Authorization: 'x', accept: 'y' },
      to: [{ phone: '+33', city: 'Lyon' }],
      note: `is ${secret}`,
    }
    assert.deepEqual(redactor.value(input), {
      id: 7,
      headers: { Authorization: '[redacted]', accept: 'y' },
      to: [{ phone: '[redacted]', city: 'Lyon' }],
      note: 'is [redacted]',
    })
    assert.equal(input.to[0]!.phone, '+33')
  })

  it('ends on a value that contains itself', () => {
    const loop: Record<string, unknown> = {}
    loop.self = loop
    assert.match(JSON.stringify(redactor.value(loop)), /too deep/)
  })
})

describe('secrets', () => {
  it('compares by bytes, whatever the lengths', () => {
    assert.ok(constantTimeEqual('é', Buffer.from('é')))
    assert.ok(!constantTimeEqual('a', 'ab'))
    assert.ok(!constantTimeEqual('', 'a'))
  })

  it('reads ${NAME} from the environment, and an unset one is an error that names it', () => {
    assert.equal(resolveEnv('Bearer ${TOKEN}', { TOKEN: 't' }), 'Bearer t')
    assert.throws(() => resolveEnv('${TOKEN}', { TOKEN: '' }), /TOKEN is not set/)
  })

  it('splits a credential that holds several', () => {
    assert.deepEqual(splitSecrets('new, old\n\nolder'), ['new', 'old', 'older'])
    assert.deepEqual(splitSecrets('user:a\\,b,user:old'), ['user:a,b', 'user:old'])
    assert.deepEqual(splitSecrets(undefined), [])
  })
})

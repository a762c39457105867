import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { ConfigError, loadConfig } from '../../engine/config.ts'
import { temporaryFolder } from '../support/temp.ts'

const HASH = `$2b$08$${'a'.repeat(53)}`
const USERS = JSON.stringify([{ username: 'ada', passwordHash: HASH, role: 'admin' }])
const KEY = Buffer.alloc(32, 7).toString('base64')

describe('configuration', () => {
  let folder: { path: string; remove(): void }
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder.remove())

  const load = (env: NodeJS.ProcessEnv = {}) => loadConfig({ CARTAGE_DATA: folder.path, ...env }, '/package')
  const problemsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
    try {
      load(env)
    } catch (error) {
      assert.ok(error instanceof ConfigError)
      return error.problems
    }
    return []
  }

  it('has a default for everything that development needs', () => {
    const config = load()
    assert.equal(config.port, 1880)
    assert.equal(config.host, '127.0.0.1')
    assert.equal(config.flowsDir, '/package/flows')
    assert.equal(config.store, `sqlite:${join(folder.path, 'cartage.db')}`)
    assert.equal(config.simulators, true)
    assert.equal(config.bodyLimit, 1024 * 1024)
    assert.equal(Buffer.from(config.encryptionKey, 'base64').length, 32)
    assert.equal(config.apiKeys.length, 1)
  })

  it('takes an empty variable as an unset one', () => assert.equal(load({ CARTAGE_PORT: '' }).port, 1880))

  it('keeps generated secrets for the next start, for their owner only', () => {
    const first = load()
    assert.deepEqual(load(), first)
    const file = join(folder.path, 'secrets.json')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.ok(readFileSync(file, 'utf8').includes(first.credentialSecret))
  })

  const wrong: Array<[string, string]> = [
    ['CARTAGE_PORT', 'abc'],
    ['CARTAGE_PORT', '65536'],
    ['CARTAGE_PORT', '-1'],
    ['CARTAGE_PORT', '1e3'],
    ['CARTAGE_BODY_LIMIT', '5 mbb'],
    ['CARTAGE_BODY_LIMIT', '0mb'],
    ['CARTAGE_BODY_LIMIT', '100'],
    ['CARTAGE_BODY_LIMIT', '9999mb'],
    ['CARTAGE_SIMULATORS', 'yes'],
    ['CARTAGE_MQTT', 'http://broker'],
    ['CARTAGE_STORE', 'postgres://x'],
    ['CARTAGE_LOG_LEVEL', 'loud'],
    ['CARTAGE_PUBLIC_URL', 'cartage.example'],
    ['CARTAGE_TRUSTED_PROXY', '10.0.0.0/33'],
    ['CARTAGE_TRUSTED_PROXY', 'proxy.example'],
    ['CARTAGE_DRAIN_SECONDS', '10s'],
    ['CARTAGE_KEEP_MESSAGES_DAYS', '-1'],
    ['CARTAGE_KEEP_EVIDENCE_DAYS', 'for ever'],
    ['CARTAGE_PARKED_DAYS', '1.5'],
    ['CARTAGE_TLS_CERT', '/does/not/exist'],
    ['CARTAGE_HOST', '0.0.0.0'],
    ['CARTAGE_MQTT_HOST', '0.0.0.0'],
    ['CARTAGE_ROLE', 'leader'],
    ['CARTAGE_ROLE', 'worker'],
    ['CARTAGE_ROLE', 'editor'],
    ['CARTAGE_WORKER', 'my worker'],
    ['CARTAGE_LEASE_SECONDS', '0'],
  ]
  for (const [name, value] of wrong) {
    it(`refuses ${name}=${value} in a line that names both`, () => {
      const problems = problemsOf({ [name]: value })
      assert.ok(problems.length > 0)
      assert.ok(problems[0]?.startsWith(`${name}`), problems[0])
      assert.ok(problems.every((line) => !line.includes('\n')))
    })
  }

  const wrongSecrets: Array<[string, string]> = [
    ['CARTAGE_API_KEYS', 'erp:hunter2:admin'],
    ['CARTAGE_API_KEYS', `erp:${'x'.repeat(20)}:admin,erp:${'y'.repeat(20)}:viewer`],
    ['CARTAGE_USERS', '/no/such/hunter2'],
    ['CARTAGE_USERS', JSON.stringify([{ username: 'a', passwordHash: 'hunter2', role: 'admin' }])],
    ['CARTAGE_USERS', JSON.stringify([{ username: 'a', passwordHash: HASH, role: 'root' }])],
    ['CARTAGE_USERS', '[]'],
    ['CARTAGE_ENCRYPTION_KEY', 'hunter2'],
    ['CARTAGE_CREDENTIAL_SECRET', 'hunter2'],
    ['CARTAGE_MQTT_DEVICES', 'van-7:hunter2'],
  ]
  for (const [name, value] of wrongSecrets) {
    it(`refuses a wrong ${name} without repeating it`, () => {
      const [problem, ...more] = problemsOf({ [name]: value })
      assert.ok(problem?.startsWith(`${name} is not `))
      assert.doesNotMatch(problem ?? '', /hunter2/)
      assert.deepEqual(more, [])
    })
  }

  it('never repeats the password of an address', () => {
    for (const name of ['CARTAGE_STORE', 'CARTAGE_REDIS', 'CARTAGE_MQTT']) {
      const [problem] = problemsOf({ [name]: 'postgres://hub:hunter2@db/cartage' })
      assert.match(problem ?? '', /postgres:\/\/…@db\/cartage/)
    }
  })

  describe('with the cluster store', () => {
    const cluster = {
      CARTAGE_STORE: 'mongodb://hub:hunter2@a:27017,b:27017,c:27017/cartage?replicaSet=rs0',
      CARTAGE_REDIS: 'redis://:hunter2@redis:6379',
      CARTAGE_CREDENTIAL_SECRET: 'a secret of more than sixteen',
      CARTAGE_ENCRYPTION_KEY: KEY,
    }

    it('takes several hosts, and each role', () => {
      assert.equal(load(cluster).store, cluster.CARTAGE_STORE)
      for (const role of ['all', 'editor', 'worker'] as const)
        assert.equal(load({ ...cluster, CARTAGE_ROLE: role }).role, role)
    })

    for (const name of ['CARTAGE_REDIS', 'CARTAGE_CREDENTIAL_SECRET', 'CARTAGE_ENCRYPTION_KEY']) {
      it(`needs ${name}`, () => {
        const [problem, ...more] = problemsOf({ ...cluster, [name]: '' })
        assert.ok(problem?.startsWith(name), problem)
        assert.deepEqual(more, [])
      })
    }

    it('is what a Redis and the roles of a cluster are for', () => {
      for (const lone of [{ CARTAGE_REDIS: 'redis://localhost' }, { CARTAGE_ROLE: 'worker' }]) {
        const [problem, ...more] = problemsOf(lone)
        assert.ok(problem?.startsWith(Object.keys(lone)[0]!), problem)
        assert.deepEqual(more, [])
      }
    })
  })

  it('names a process after its machine and port unless it is given a name', () => {
    assert.match(load({ CARTAGE_PORT: '1999' }).worker, /^[\w.-]+-1999$/)
    assert.equal(load({ CARTAGE_WORKER: 'worker-2' }).worker, 'worker-2')
  })

  it('refuses to forget effects before what can be replayed', () => {
    assert.deepEqual(problemsOf({ CARTAGE_KEEP_EFFECTS_DAYS: '20' }), [
      'CARTAGE_KEEP_EFFECTS_DAYS=20 is shorter than CARTAGE_KEEP_MESSAGES_DAYS=30: a replay could repeat what was done',
      'CARTAGE_KEEP_EFFECTS_DAYS=20 is shorter than CARTAGE_KEEP_DEAD_LETTERS_DAYS=90: a replay could repeat what was done',
    ])
    assert.equal(problemsOf({ CARTAGE_KEEP_DEAD_LETTERS_DAYS: '0' }).length, 1)
    assert.equal(problemsOf({ CARTAGE_KEEP_DEAD_LETTERS_DAYS: '0', CARTAGE_KEEP_EFFECTS_DAYS: '0' }).length, 0)
  })

  it('says everything that is wrong at once', () => {
    assert.equal(
      problemsOf({ CARTAGE_PORT: 'abc', CARTAGE_BODY_LIMIT: '5 mbb', CARTAGE_SIMULATORS: 'maybe' }).length,
      3,
    )
  })

  describe('in production', () => {
    const complete = {
      NODE_ENV: 'production',
      CARTAGE_USERS: USERS,
      CARTAGE_CREDENTIAL_SECRET: 'a secret of more than sixteen',
      CARTAGE_ENCRYPTION_KEY: KEY,
      CARTAGE_TRUSTED_PROXY: '10.0.0.0/8',
    }

    it('starts when nothing is missing, on any address, without simulators and generated secrets', () => {
      const config = load({ ...complete, CARTAGE_HOST: '0.0.0.0' })
      assert.equal(config.production, true)
      assert.equal(config.simulators, false)
      assert.deepEqual(config.apiKeys, [])
      assert.equal(config.users?.[0]?.username, 'ada')
    })

    for (const name of [
      'CARTAGE_USERS',
      'CARTAGE_CREDENTIAL_SECRET',
      'CARTAGE_ENCRYPTION_KEY',
      'CARTAGE_TRUSTED_PROXY',
    ]) {
      it(`refuses to start without ${name}, in one line`, () => {
        const { [name]: _dropped, ...rest } = complete as Record<string, string>
        const problems = problemsOf(rest)
        assert.equal(problems.length, 1)
        assert.ok(problems[0]?.includes(name))
      })
    }

    it('takes a certificate and its key in place of a proxy, but not one of them alone', () => {
      const file = join(folder.path, 'pem')
      writeFileSync(file, 'pem')
      const { CARTAGE_TRUSTED_PROXY: _dropped, ...rest } = complete
      assert.deepEqual(problemsOf({ ...rest, CARTAGE_TLS_CERT: file, CARTAGE_TLS_KEY: file }), [])
      assert.ok(problemsOf({ ...rest, CARTAGE_TLS_CERT: file }).length > 0)
      assert.ok(problemsOf({ ...rest, CARTAGE_TRUSTED_PROXY: '10.0.0.1', CARTAGE_TLS_CLIENT_CA: file }).length > 0)
      assert.ok(
        problemsOf({
          ...rest,
          CARTAGE_TLS_CERT: file,
          CARTAGE_TLS_KEY: file,
          CARTAGE_CLIENT_CERTIFICATE_HEADER: 'Client-Cert',
        }).length > 0,
      )
    })

    it('reads the users from a file', () => {
      const file = join(folder.path, 'users.json')
      writeFileSync(file, USERS)
      assert.deepEqual(problemsOf({ ...complete, CARTAGE_USERS: file }), [])
    })
  })
})

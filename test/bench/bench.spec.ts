import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, it } from 'mocha'
import { FIGURE_NAMES, FIGURES, median, reaches } from '../../bench/figures.ts'
import { readOptions, sizesOf } from '../../bench/options.ts'
import { summaryOf, table } from '../../bench/report.ts'
import { packageRoot } from '../../engine/package-root.ts'

interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

function bench(parameters: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [join(packageRoot(), 'dist/bench/main.js'), ...parameters])
  const outcome: Outcome = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (outcome.stdout += chunk))
  child.stderr.on('data', (chunk) => (outcome.stderr += chunk))
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...outcome, code })))
}

describe('the options of the bench', () => {
  it('are all figures at full size when nothing is said', () => {
    const options = readOptions([])
    assert.ok(options !== 'help')
    assert.deepEqual(options.only, FIGURE_NAMES)
    assert.deepEqual(sizesOf(options).backlog, [1000, 100_000, 1_000_000])
  })

  for (const wrong of [['--only', 'speed'], ['--only', ''], ['--rounds', '0'], ['--events', '1e3'], ['--fast'], ['x']])
    it(`are refused with what is wrong: ${wrong.join(' ')}`, () => assert.throws(() => readOptions(wrong)))

  it('end the command with 2 and the usage when they are wrong', async () => {
    const { code, stderr } = await bench(['--only', 'speed'])
    assert.equal(code, 2)
    assert.match(stderr, /--only speed: the figures are intakeVsNodeRed/)
    assert.match(stderr, /npm run bench/)
  })
})

describe('the report of the bench', () => {
  const results = {
    intakeVsBare: { value: 0.75, peer: 1000, note: '750/s beside 1000/s' },
    restartSeconds: { value: 6, peer: 1, note: 'beside 1 s' },
    clusterScaling: { value: null, peer: null, note: 'no server' },
  }

  it('says of each figure whether its goal is reached', () => {
    const [bare, restart, cluster] = table(results).split('\n')
    assert.match(bare ?? '', /^intakeVsBare .*0\.75 times .*≥ 0\.7 .*reached/)
    assert.match(restart ?? '', /^restartSeconds .*6 s .*≤ 5 .*missed/)
    assert.match(cluster ?? '', /^clusterScaling .*- .*not measured .*no server/)
  })

  it('names value, unit, peer and goal for programs, and the reason where there is no value', () => {
    assert.deepEqual(summaryOf(results), {
      figures: {
        intakeVsBare: { value: 0.75, unit: 'times', peer: 1000, goal: 0.7 },
        restartSeconds: { value: 6, unit: 's', peer: 1, goal: 5 },
        clusterScaling: { value: null, unit: 'times', peer: null, goal: 1.5, reason: 'no server' },
      },
    })
  })

  it('takes the middle of the rounds, and both sides of a goal for what they are', () => {
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(median([4, 1, 2, 3]), 2.5)
    assert.ok(Number.isNaN(median([])))
    assert.ok(reaches('intakeVsBare', 0.7) && !reaches('intakeVsBare', 0.69))
    assert.ok(reaches('restartSeconds', 5) && !reaches('restartSeconds', 5.1))
  })
})

describe('the bench, quick', function () {
  this.timeout(300_000)
  let outcome: Outcome
  before(async () => {
    outcome = await bench(['--quick', '--json'])
  })

  it('runs everything, with hub and peers as processes of their own', () => {
    assert.equal(outcome.code, 0, outcome.stderr)
  })

  it('ends with one object that holds every figure', () => {
    const { figures } = JSON.parse(outcome.stdout.trimEnd().split('\n').at(-1) ?? '') as {
      figures: Record<string, { value: number | null; unit: string; goal: number; reason?: string }>
    }
    assert.deepEqual(Object.keys(figures), FIGURE_NAMES)
    for (const name of FIGURE_NAMES) {
      const { value, unit, goal, reason } = figures[name] ?? {}
      assert.deepEqual([unit, goal], [FIGURES[name].unit, FIGURES[name].goal])
      // Speed is for a machine that does nothing else: here a figure only has to be one.
      if (value === null) assert.ok(reason)
      else assert.ok(typeof value === 'number' && Number.isFinite(value), `${name} is ${value}`)
    }
  })
})

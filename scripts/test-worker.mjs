// One process of the test run: takes spec files from scripts/test.mjs one after the other, and tells what came of each test.
import { resolve } from 'node:path'
import Mocha from 'mocha'

process.on('message', async (message) => {
  // What the specs left running ends with the process: timers of Node-RED's sessions would keep it alive for hours.
  if (message.end) process.exit()
  process.send({ done: await run(message.file).catch((error) => ({ broken: String(error?.stack ?? error) })) })
})
process.on('disconnect', () => process.exit(1))
process.send({ ready: true })

async function run(file) {
  const mocha = new Mocha({ timeout: 20_000, forbidOnly: true, reporter: class {} })
  mocha.addFile(resolve(file))
  await mocha.loadFilesAsync()
  return new Promise((resolvePromise) => {
    const at = (test) => ({ file, suite: outerTitle(test), test: test.title })
    const runner = mocha.run(() => {
      // Mocha leaves its own behind, one more with each file.
      process.removeAllListeners('unhandledRejection')
      resolvePromise({ ms: runner.stats?.duration ?? 0 })
    })
    runner.on('pass', (test) => process.send({ passed: at(test) }))
    runner.on('pending', (test) => process.send({ skipped: { ...at(test), reason: reasonOf(test) } }))
    runner.on('fail', (test, error) =>
      process.send({ failed: { ...at(test), title: test.fullTitle(), ...told(error) } }),
    )
  })
}

function told(error) {
  const { message, stack, expected, actual, showDiff } = error ?? {}
  const text = stack?.includes(message) ? stack : `${message}\n${stack ?? ''}`
  if (showDiff === false || expected === undefined || actual === undefined) return { text }
  return { text, diff: Mocha.reporters.Base.generateDiff(...[actual, expected].map(Mocha.utils.stringify)) }
}

/** A suite that skips itself leaves its reason on itself. */
function reasonOf(test) {
  for (let suite = test.parent; suite; suite = suite.parent) if (suite.skipReason) return suite.skipReason
  return undefined
}

function outerTitle(test) {
  const titles = test.titlePath()
  return titles.length > 1 ? titles[0] : test.title
}

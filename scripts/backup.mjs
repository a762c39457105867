// npm run backup -- <folder> [--with-secrets]: copies everything that the hub keeps into a new folder. The hub may be running.
import { parseArgs } from 'node:util'
import { load, place, run, teller, version } from './command.mjs'

await run('backup', async () => {
  const { values, positionals } = parseArgs({
    options: { 'with-secrets': { type: 'boolean' } },
    allowPositionals: true,
  })
  if (positionals.length !== 1) throw new Error('name one new folder: npm run backup -- <folder> [--with-secrets]')
  const folder = place(positionals[0])
  const { loadConfig } = await load('engine/config.js')
  const { makeBackup } = await load('engine/backup/backup.js')
  const { systemClock } = await load('engine/clock.js')
  const withSecrets = values['with-secrets'] ?? false
  const options = { version, clock: systemClock, progress: teller(), withSecrets }
  const { manifest, problems } = await makeBackup(loadConfig(), folder, options)
  for (const problem of problems) console.error(`backup: warning: ${problem}`)
  const { files, bytes } = manifest
  console.log(`backup: ${files} files, ${(bytes / 1e6).toFixed(1)} MB in ${folder}`)
  if (!withSecrets)
    console.log('backup: keys and passwords are not in it; keep them elsewhere (docs/backup.md says which)')
})

import { request } from 'undici'
import { signed } from '../support/test-partner.ts'

/** How often a handful is sent, and how many make one: three times what the other end can work off. */
const EVERY_MS = 50
const HANDFUL = 3

/** A partner that floods the address it is given, whenever its parent says so. */
const [url = ''] = process.argv.slice(2)
let flooding: NodeJS.Timeout | undefined
let sent = 0

async function send(): Promise<void> {
  sent += 1
  const id = `flood-${sent}`
  const init = signed(JSON.stringify({ id, ref: id, status: 'delivered' }))
  const headers = init.headers as Record<string, string>
  const { body } = await request(url, { method: 'POST', headers, body: init.body as string })
  await body.dump()
}

process.on('message', (on: boolean) => {
  clearInterval(flooding)
  if (on)
    flooding = setInterval(() => {
      for (let n = 0; n < HANDFUL; n += 1) void send()
    }, EVERY_MS)
  process.send?.({ sent })
})
process.send?.({ sent })

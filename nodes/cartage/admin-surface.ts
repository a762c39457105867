import type { NodeAPI } from 'node-red'
import { ENTITIES } from '../../engine/canonical/index.ts'
import { previewTerm } from '../../engine/delivery/sla-term.ts'
import { CartageError } from '../../engine/errors.ts'
import type { CartageRuntime } from '../support/runtime.ts'

/** Commands of openapi.yaml that a flow can take. */
export const COMMANDS = [
  ...['releaseOrder', 'cancelShipment', 'rescheduleShipment', 'correctStatus', 'createReturn', 'releaseCharge'],
  ...['importMasterData', 'startStockBalance', 'acceptStockBalance'],
]

interface Answer {
  json(value: unknown): void
  status(code: number): Answer
  end(): void
  type(mediaType: string): Answer
  send(text: string): void
}

/** What the editor's dialogs ask for. Reads only, behind the editor's own login. */
export function mountAdmin(RED: Pick<NodeAPI, 'httpAdmin' | 'auth'>, runtime: CartageRuntime): void {
  const mayRead = RED.auth.needsPermission('cartage.read')
  const get = (path: string, answer: (params: Record<string, string>, response: Answer) => unknown) =>
    RED.httpAdmin.get(`/cartage/${path}`, mayRead, (request, response) => {
      Promise.resolve(answer(request.params as Record<string, string>, response as unknown as Answer)).catch(() =>
        response.status(503).end(),
      )
    })
  get('partners/:slug/mapping/:file', ({ slug = '', file = '' }, response) => {
    const source = runtime.profiles.get(slug)?.mappings[`map/${file}`]
    if (source === undefined) response.status(404).end()
    else response.type('text/plain').send(source)
  })
  get('entities', (_params, response) => response.json(ENTITIES))
  get('operations', (_params, response) => response.json(COMMANDS))
  RED.httpAdmin.post('/cartage/calendar/preview', mayRead, (request, response) =>
    preview(request.body, runtime.hub.clock.now(), response as unknown as Answer),
  )
  get('channels', async (_params, response) => {
    const channels = new Map<string, string[]>()
    for (const { channel, subscription } of await runtime.hub.store.messages.counts())
      channels.set(channel, [...(channels.get(channel) ?? []), subscription])
    response.json([...channels].map(([channel, subscriptions]) => ({ channel, subscriptions })))
  })
}

/** When a time that is being edited would be due; 422 with the reason when it is none. */
function preview(asked: unknown, now: number, response: Answer): void {
  try {
    response.json(previewTerm(asked, now))
  } catch (error) {
    if (!(error instanceof CartageError)) throw error
    const { code, message, field } = error
    response.status(422).json({ code, message, field })
  }
}

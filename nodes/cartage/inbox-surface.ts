import type { CodeEntry } from '../../engine/partner/profile-types.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { AdminRoutes } from './admin-routes.ts'
import { text, told } from './desk-surface.ts'

/** The inbox of codes that nobody has mapped, in the editor. */
export function mountInbox({ get, post }: AdminRoutes, { inbox }: Pick<CartageRuntime, 'inbox'>): void {
  get('inbox', ({ query }) => inbox.list(query.partner))
  get('inbox/jobs/:id', ({ params }) => inbox.job(params.id ?? ''))
  post('inbox/map', (call) => {
    const { entry } = call.body
    const lookup = call.body.lookup === undefined ? undefined : text(call, 'lookup')
    const wish = { partner: text(call, 'partner'), code: text(call, 'code'), entry: entry as CodeEntry }
    return inbox.map({ ...wish, ...(lookup !== undefined && { lookup }) }, told(call))
  })
  post('inbox/rerun', (call) => inbox.rerun(text(call, 'partner'), text(call, 'code'), call.by))
  post('inbox/leave', (call) => inbox.leave(text(call, 'partner'), text(call, 'code'), call.by))
}

import { CartageError } from '../../engine/errors.ts'
import { MANIFEST } from '../../engine/partner/desk/checks.ts'
import { card, questions } from '../../engine/partner/registry/gallery.ts'
import { fieldsOf, readFields, withFields } from '../../engine/partner/registry/manifest-fields.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { AdminCall, AdminRoutes } from './admin-routes.ts'
import { told } from './desk-surface.ts'
import { listed, unknownTemplate } from './partner-list.ts'
import { createPartner, nodesOf, type PartnerMaker, removePartner } from './partner-maker.ts'

/** Partners and templates in the editor: what there is, how it does, making one of one's own and bringing it on its way. */
export function mountPartners(routes: AdminRoutes, runtime: CartageRuntime, maker: PartnerMaker): void {
  const { get, post } = routes
  const shipped = () => [...runtime.profiles.values()].filter(({ id }) => !runtime.own.head(id))
  get('partners', () => listed(runtime))
  get('partners/gallery', () => shipped().map(card))
  get('partners/gallery/:template', ({ params }) => {
    const template = shipped().find(({ id }) => id === params.template)
    if (!template) throw unknownTemplate()
    return { ...questions(template), webhooks: `${maker.publicUrl}/webhooks` }
  })
  post('partners', ({ body, by }) => createPartner(runtime, maker, body, by))
  mountOne(routes, runtime, maker)
}

/** What concerns one partner. */
function mountOne(routes: AdminRoutes, runtime: CartageRuntime, maker: PartnerMaker): void {
  const { get, post, put } = routes
  const { desk, statuses, upgrades } = runtime
  const known = ({ params: { slug = '' } }: AdminCall) => {
    const profile = runtime.profiles.get(slug)
    if (!profile) throw unknownTemplate()
    return profile
  }
  routes.delete('partners/:slug', (call) => removePartner(runtime, known(call).id, call.by))
  get('partners/:slug/profile', (call) => {
    const profile = known(call)
    const { webhook, id } = profile
    const url = webhook && maker.publicUrl + (webhook.path ?? `/webhooks/${id}`)
    return { ...fieldsOf(profile), file: desk.read(id, MANIFEST).version, ...(url && { webhook: { url } }) }
  })
  put('partners/:slug/profile', async (call) => {
    const profile = known(call)
    const fields = readFields(call.body, ['why', 'expected'])
    const text = withFields(desk.read(profile.id, MANIFEST).text, fields)
    const { version: file } = await desk.save(profile.id, MANIFEST, text, told(call))
    return { ...fieldsOf(profile), file }
  })
  get('partners/:slug/flow', (call) => {
    const { id } = known(call)
    const origin = runtime.own.head(id)?.origin
    return nodesOf(known(call), {}, { ...maker, ...(origin && { origin }) })
  })
  get('partners/:slug/status', (call) => statuses.record(known(call).id))
  post('partners/:slug/status', (call) => {
    const { to, why } = call.body
    if (to === 'live' && !call.may('partners.release'))
      throw new CartageError('refused', 'partner.release', 'Letting a partner go live needs the permission for it.')
    return statuses.set(known(call).id, to, { by: call.by, why })
  })
  get('partners/:slug/upgrade', (call) => upgrades.look(known(call).id))
  post('partners/:slug/upgrade', (call) => upgrades.apply(known(call).id, call.body.to, call.body.files, call.by))
  post('partners/:slug/upgrade/undo', (call) => upgrades.undo(known(call).id, call.by))
}

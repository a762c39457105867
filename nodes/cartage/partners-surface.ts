import { questions, card } from '../../engine/partner/registry/gallery.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { AdminRoutes } from './admin-routes.ts'
import { listed, unknownTemplate } from './partner-list.ts'
import { createPartner, type PartnerMaker } from './partner-maker.ts'

/** Partners and templates in the editor: what there is, how it does, and making one of one's own. */
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
}

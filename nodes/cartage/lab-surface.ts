import { suggestFields } from '../../engine/mapping/lab/ask.ts'
import { compatibility } from '../../engine/mapping/lab/compatibility.ts'
import { openDrift, settleDrift } from '../../engine/mapping/lab/drift.ts'
import { acceptGolden, addSample } from '../../engine/mapping/lab/golden-change.ts'
import { previewSample } from '../../engine/mapping/lab/golden-privacy.ts'
import { runGoldens } from '../../engine/mapping/lab/goldens.ts'
import { listedMappings, targetsFor } from '../../engine/mapping/lab/inventory.ts'
import { linkField } from '../../engine/mapping/lab/link.ts'
import { offeredSamples, shownSample, viewOf } from '../../engine/mapping/lab/offered.ts'
import { partnerOf, placeOf } from '../../engine/mapping/lab/place.ts'
import { tryMapping } from '../../engine/mapping/lab/try.ts'
import { functionCatalogue } from '../../engine/mapping/library/index.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { AdminCall, AdminRoutes } from './admin-routes.ts'

/** May this person see personal data of real messages? */
const mayKnow = (call: AdminCall) => call.may('cartage.personal')

/** What the mapping workbench asks for. Looking needs `cartage.read`, trying and changing `flows.write`. */
export function mountLab(routes: AdminRoutes, runtime: CartageRuntime): void {
  mountLooking(routes, runtime)
  mountGoldens(routes, runtime)
  mountDrift(routes, runtime)
}

function mountLooking({ get, post }: AdminRoutes, { lab, desk }: CartageRuntime): void {
  get('lab/targets/:entity', ({ params: { entity } }) => targetsFor(lab, { entity })[0]?.targets)
  get('lab/targets', ({ query }) => targetsFor(lab, query))
  get('lab/mappings', ({ query: { partner } }) => {
    const edits = new Map(desk.edited(partnerOf(lab, partner).id).map((one) => [one.path, one]))
    return listedMappings(lab, partner).map((one) => {
      const { edited = false, version = 0 } = edits.get(one.name) ?? {}
      return { ...one, edited, version }
    })
  })
  get('lab/samples', ({ query }) => offeredSamples(lab, placeOf(lab, query)))
  get('lab/sample', async (call) => {
    const { id, ...asked } = call.query
    const place = placeOf(lab, asked)
    const { sample, masked, personal } = await shownSample(lab, place, { id }, viewOf(place, '', mayKnow(call)))
    const { body, headers, bytes } = sample
    return { id: sample.id, body, headers, masked, bytes, personal }
  })
  get('lab/functions', () => functionCatalogue())
  post('lab/link', (call) => linkField(lab, call.body, mayKnow(call)))
  post('lab/suggest', (call) => suggestFields(lab, call.body, mayKnow(call)))
  post('lab/try', (call) => tryMapping(lab, call.body, mayKnow(call)))
}

function mountGoldens({ post }: AdminRoutes, { lab, desk }: CartageRuntime): void {
  post('lab/goldens/run', ({ body }) => runGoldens(lab, body))
  post('lab/goldens/accept', ({ body, by }) => acceptGolden(lab, desk, body, by))
  post('lab/compatibility', (call) => compatibility(lab, call.body, mayKnow(call)))
  post('lab/goldens/preview', (call) => previewSample(lab, call.body, mayKnow(call)))
  post('lab/goldens/add', (call) => addSample(lab, desk, call.body, { by: call.by, mayKnow: mayKnow(call) }))
}

function mountDrift({ get, post }: AdminRoutes, { lab, hub }: CartageRuntime): void {
  get('lab/drift', async ({ query: { partner } }) => {
    const slug = partner === undefined ? undefined : partnerOf(lab, partner).id
    const open = await openDrift(hub.store, slug)
    return open.map(({ sample, ...drift }) => ({ ...drift, ...(sample && { sample: `message:${sample}` }) }))
  })
  post('lab/drift/settle', ({ body: { path, ...asked }, by }) => {
    const { profile, mapping } = placeOf(lab, asked)
    const wanted = typeof path === 'string' ? { path } : {}
    return settleDrift({ ...hub.store, watch: lab.watch }, { partner: profile.id, mapping, by, ...wanted })
  })
}

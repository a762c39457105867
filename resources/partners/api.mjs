/* What the partners' sidebar asks of the hub; refusals as in workbench/api.mjs. */
import { ask } from '../workbench/api.mjs'

const get = (path, query) => ask('GET', path, { query })
const post = (path, body = {}) => ask('POST', path, { body })
const of = (slug, part) => `partners/${encodeURIComponent(slug)}/${part}`

export const partners = () => get('partners')
export const gallery = () => get('partners/gallery')
/** What a template asks of whoever makes a partner from it. */
export const template = (name) => get(`partners/gallery/${encodeURIComponent(name)}`)
export const create = (wish) => post('partners', wish)
export const remove = (slug) => ask('DELETE', `partners/${encodeURIComponent(slug)}`)
export const profile = (slug) => get(of(slug, 'profile'))
export const saveProfile = (slug, body) => ask('PUT', of(slug, 'profile'), { body })
export const status = (slug) => get(of(slug, 'status'))
export const setStatus = (slug, body) => post(of(slug, 'status'), body)
export const upgrade = (slug) => get(of(slug, 'upgrade'))
export const takeUpgrade = (slug, body) => post(of(slug, 'upgrade'), body)
export const undoUpgrade = (slug) => post(of(slug, 'upgrade/undo'))
export const startTrial = (slug, body) => post(of(slug, 'trial'), body)
export const trial = (slug, id) => get(of(slug, `trial/${encodeURIComponent(id)}`))
export const trials = (slug) => get(of(slug, 'trials'))
export const cancelTrial = (slug, id) => post(of(slug, `trial/${encodeURIComponent(id)}/cancel`))
/** The nodes of a partner for the workspace, with ids that are new. */
export const flow = (slug) => get(of(slug, 'flow'))
export const desk = (slug) => get(`desk/${encodeURIComponent(slug)}`)
export const removeFile = (slug, body) => ask('DELETE', `desk/${encodeURIComponent(slug)}/file`, { body })
/** JSON Schema of a profile. */
export const profileSchema = () => get('schemas/profile')

export { codes, readFile, saveFile, taxonomy, undoFile } from '../workbench/api.mjs'

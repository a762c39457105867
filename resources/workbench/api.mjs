/*
 * What the workbench asks of the hub. Through jQuery, which carries the editor's login. A refusal is thrown as
 * { status, code, message, field, position }; status 0 is a hub that does not answer.
 */
import { t } from './text.mjs'

export function ask(method, path, { query = {}, body, signal } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const url = `cartage/${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
  const content = body === undefined ? {} : { contentType: 'application/json', data: JSON.stringify(body) }
  return new Promise((resolve, reject) => {
    const request = $.ajax({ url, type: method, dataType: 'json', ...content })
    signal?.addEventListener('abort', () => request.abort())
    request.then(resolve, (failed) => reject(refusal(failed)))
  })
}

function refusal({ status, responseJSON }) {
  const known = { 0: 'noAnswer', 401: 'notAllowed', 403: 'notAllowed', 404: 'notThere' }[status] ?? 'failed'
  return {
    status,
    code: responseJSON?.code ?? `http.${status}`,
    message: t(`error.${known}`, { status }),
    ...responseJSON,
  }
}

const get = (path, query) => ask('GET', path, { query })
const post = (path, body, signal) => ask('POST', path, { body, signal })
const desk = (slug, part) => `desk/${encodeURIComponent(slug)}/${part}`

export const partners = () => get('partners')
export const functions = () => get('lab/functions')
export const targets = (query) => get('lab/targets', query)
export const mappings = (partner) => get('lab/mappings', { partner })
export const samples = (partner, mapping) => get('lab/samples', { partner, mapping })
export const sample = (partner, mapping, id) => get('lab/sample', { partner, mapping, id })
export const tryMapping = (question, signal) => post('lab/try', question, signal)
export const link = (question) => post('lab/link', question)
export const suggest = (question) => post('lab/suggest', question)
export const runGoldens = (question) => post('lab/goldens/run', question)
export const acceptGolden = (question) => post('lab/goldens/accept', question)
export const previewGolden = (question) => post('lab/goldens/preview', question)
export const addGolden = (question) => post('lab/goldens/add', question)
export const compatibility = (question) => post('lab/compatibility', question)
export const drift = (partner) => get('lab/drift', { partner })
export const settleDrift = (question) => post('lab/drift/settle', question)
export const readFile = (slug, path) => get(desk(slug, 'file'), { path })
export const saveFile = (slug, body) => ask('PUT', desk(slug, 'file'), { body })
export const history = (slug, path) => get(desk(slug, 'history'), { path })
/** The text that taking the last change back would bring. */
export const beforeChange = (slug, path) => get(desk(slug, 'undo'), { path })
export const undoFile = (slug, path, told) => post(desk(slug, 'undo'), { path, ...told })
export const inbox = (partner) => get('inbox', { partner })
export const inboxJob = (id) => get(`inbox/jobs/${encodeURIComponent(id)}`)
export const taxonomy = () => get('taxonomy')
export const codes = (slug) => get(desk(slug, 'codes'))
export const saveCodes = (slug, body) => ask('PUT', desk(slug, 'codes'), { body })
export const mapCode = (wish) => post('inbox/map', wish)
export const rerunCode = (which) => post('inbox/rerun', which)
export const leaveCode = (which) => post('inbox/leave', which)

export const tryRouting = (question) => post('routing/try', question)
/** The rules of a node of any version, as they are written now. */
export const routingTable = (settings) => post('routing/table', settings)

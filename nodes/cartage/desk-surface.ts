import { EVENTS, REASONS, VARIANTS } from '../../engine/canonical/taxonomy.ts'
import { CartageError } from '../../engine/errors.ts'
import { CODES } from '../../engine/partner/desk/checks.ts'
import type { TemplateDesk, Told } from '../../engine/partner/desk/desk.ts'
import { profileSchema } from '../../engine/partner/profile.ts'
import type { CodeEntry } from '../../engine/partner/profile-types.ts'
import type { AdminCall, AdminRoutes } from './admin-routes.ts'

/** Edits of templates from the editor. */
export function mountDesk(routes: AdminRoutes, desk: TemplateDesk): void {
  const { get, post, put } = routes
  get('taxonomy', taxonomy)
  get('schemas/profile', profileSchema)
  const slugOf = ({ params }: AdminCall) => params.slug ?? ''
  get('desk/:slug', (call) => ({ files: desk.edited(slugOf(call)), samples: desk.samples(slugOf(call)) }))
  get('desk/:slug/file', async (call) => {
    const path = call.query.path ?? ''
    if (call.query.version === undefined) return desk.read(slugOf(call), path)
    const version = Number(call.query.version)
    return { path, version, text: await desk.textOf(slugOf(call), path, version) }
  })
  put('desk/:slug/file', (call) => desk.save(slugOf(call), text(call, 'path'), text(call, 'text'), told(call)))
  routes.delete('desk/:slug/file', (call) => {
    const path = text(call, 'path')
    if (!path.startsWith('samples/')) throw wrong('path', 'must be a sample: nothing else can be taken away')
    return desk.settle(slugOf(call), path, null, told(call))
  })
  get('desk/:slug/history', (call) => desk.history(slugOf(call), call.query.path ?? ''))
  get('desk/:slug/undo', async (call) => ({ text: await desk.textBefore(slugOf(call), call.query.path ?? '') }))
  post('desk/:slug/undo', (call) => desk.undo(slugOf(call), text(call, 'path'), told(call)))
  get('desk/:slug/codes', (call) => {
    const edited = desk.edited(slugOf(call)).find(({ path }) => path === CODES)
    return { ...desk.codes(slugOf(call)), conflicts: edited?.conflicts ?? [] }
  })
  put('desk/:slug/codes', async (call) => {
    const { set = {}, remove = [] } = call.body
    if (!isObject(set)) throw wrong('set', 'must be an object of codes')
    if (!Array.isArray(remove) || remove.some((code) => typeof code !== 'string'))
      throw wrong('remove', 'must be a list of codes')
    const edits = { set: set as Record<string, CodeEntry>, remove: remove as string[] }
    return desk.saveCodes(slugOf(call), edits, told(call))
  })
}

/** The canonical events, reasons and ways of delivering, with their labels. */
function taxonomy() {
  return {
    events: Object.entries(EVENTS).map(([type, { label, rank }]) => ({ type, label, rank })),
    reasons: Object.entries(REASONS).map(([reason, label]) => ({ reason, label })),
    variants: Object.entries(VARIANTS).map(([variant, label]) => ({ variant, label })),
  }
}

/** Who does it, why, and what they had before them. */
export function told({ by, body: { why, expected } }: AdminCall): Told {
  if (why !== undefined && typeof why !== 'string') throw wrong('why', 'must be a text')
  if (expected !== undefined && !Number.isSafeInteger(expected))
    throw wrong('expected', 'must be the number of a version')
  return { by, ...(why && { why }), ...(expected !== undefined && { expected: Number(expected) }) }
}

export function text({ body }: AdminCall, field: string): string {
  const value = body[field]
  if (typeof value !== 'string') throw wrong(field, 'must be a text')
  return value
}

function isObject(value: unknown): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function wrong(field: string, problem: string): CartageError {
  return new CartageError('invalid', 'template.request', `${field} ${problem}`, { field })
}

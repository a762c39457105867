/* How a partner's account fares, and what waits at it. */
import { button, h } from '../../workbench/dom.mjs'
import { moment, percent } from '../looks.mjs'
import { t, word } from '../text.mjs'
import { factList, partOf } from './part.mjs'

/** Reasons that have words of their own. */
const WHY = new Set(
  ['expired', 'mismatch', 'missing', 'malformed', 'no-secret', 'timestamp-missing', 'timestamp-outside'].map(
    (name) => `signature.${name}`,
  ),
)

export function healthPart({ slug, leave }) {
  const part = partOf('health', t('page.health'))

  function load({ deployed, health, mode }) {
    if (!deployed) return part.fill(h('p', { class: 'cartage-note-line' }, t('page.notDeployed')))
    const { breaker, backlog, calls, errorRate, lastIn, lastOut, refused, unmapped } = health
    part.fill(
      factList([
        [t('facts.mode'), mode && word('mode', mode)],
        [
          t('facts.breaker'),
          breaker && h('span', { class: breaker === 'closed' ? 'good' : 'bad' }, t(`breaker.${breaker}`)),
        ],
        [
          t('facts.calls'),
          t('facts.callsSaid', { n: calls.total, failed: calls.failed, share: percent(errorRate ?? 0) }),
        ],
        [t('facts.lastIn'), lastIn ? moment(lastIn) : t('facts.never')],
        [t('facts.refused'), refused && h('span', { class: 'bad' }, refusedSaid(refused))],
        [t('facts.lastOut'), lastOut ? moment(lastOut) : t('facts.never')],
        [t('facts.backlog'), t('facts.backlogSaid', backlog)],
        [t('facts.dead'), backlog.dead > 0 && h('span', { class: 'bad' }, t('list.dead', { n: backlog.dead }))],
        [
          t('facts.unmapped'),
          unmapped > 0
            ? button({
                icon: 'table',
                text: t('list.unmapped', { n: unmapped }),
                onclick: () => leave().then(() => window.CartageCodes.show(slug)),
              })
            : t('facts.noUnmapped'),
        ],
      ]),
    )
  }
  return { element: part.element, load, look: load }
}

/** What came in the partner's name and was turned away, with what to do about it. */
function refusedSaid({ count, at, reason }) {
  const why = WHY.has(reason) ? t(`refused.${reason.replace('signature.', '')}`) : reason
  return [t('facts.refusedSaid', { n: count, why }), ' ', moment(at)]
}
